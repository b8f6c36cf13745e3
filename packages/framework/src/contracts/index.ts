export {
  type AccessLevel,
  type AccessRules,
  type ActionDeclaration,
  type ActionLink,
  type BatchRules,
  type CacheRules,
  type ContractAction,
  defineAction,
  type Pattern,
  type RestMethod,
  type RestRoute,
} from "./action.js";
export { fillTags } from "./cache-tags.js";
export { type Caller, type CallerOptions, createCaller } from "./caller.js";
export { checkValue } from "./check-value.js";
export { type ContractChange, compareContracts } from "./compare/compare-contracts.js";
export { type Contract, type ContractDeclaration, defineContract, patternText } from "./contract.js";
export {
  type ActionDescription,
  type ContractDescription,
  describeContract,
  type EventDescription,
  type MessageDescription,
  type SocketDescription,
} from "./describe-contract.js";
export { type ContractEvent, defineEvent, type EventDeclaration } from "./event.js";
export { type Gathered, type GatherOptions, gather, type PartFailure } from "./gather.js";
export { gathered } from "./gathered-schema.js";
export {
  type ActionContext,
  type ActionHandler,
  type ActionHandlers,
  type HttpAnswer,
  type Implementation,
  type ImplementOptions,
  implement,
  type SocketContext,
  type SocketHandler,
} from "./implement.js";
export { inputOf } from "./input-of.js";
export type { JsonSchema } from "./json-schema.js";
export { accessShape, type ReadDescription, readDescription, socketShape, uploadShape } from "./read-description.js";
export { headersOf, type RequestHeaders } from "./rest-request.js";
export { type InputOf, isSchema, noOutput, type OutputOf, type Schema } from "./schema.js";
export { MessageSplitter, withFailure, withLength } from "./sockets/marked-messages.js";
export { kindOf, type MessageKind, type MessageShape, type SocketRules, socketOf } from "./sockets/socket-rules.js";
export { resolveUpload, type Upload, type UploadRules, uploadOf } from "./upload-rules.js";
