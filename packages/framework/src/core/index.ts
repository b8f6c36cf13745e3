export { type BackoffOptions, backoffMs } from "./backoff.js";
export { Call, type CallOptions, type CancelSignal, keysOf, outcomeOf, type RequestHeaders } from "./call.js";
export { type DeadlineList, Deadlines, type Expiring } from "./deadlines.js";
export { deepFreeze } from "./deep-freeze.js";
export { delay } from "./delay.js";
export { type EndlessStream, endEarly, isEndless } from "./endless.js";
export {
  type ErrorCode,
  errorCodes,
  httpStatusOf,
  httpStatusOfError,
  isErrorCode,
  VastifyError,
  type VastifyErrorOptions,
  type WireError,
} from "./error.js";
export { type Check, fields, list, milliseconds, share, text, wholeNumber, yesOrNo } from "./expect-fields.js";
export { badOption, expectPort, expectTargetName, isTargetName } from "./expect-option.js";
export { createGate, type Gate } from "./gate.js";
export type { Identity } from "./identity.js";
export { isDeeperThan } from "./json-depth.js";
export { letGo, streamsIn } from "./let-go.js";
export { createListeners, type Listeners } from "./listeners.js";
export { type ListenOptions, listenOn } from "./listening.js";
export { type LogFields, type Logger, silentLogger } from "./logger.js";
export { type Addressee, addresseeOf, type Message } from "./message.js";
export { NumberTable } from "./number-table.js";
export { onceNeeded } from "./once-needed.js";
export { orAborted } from "./or-aborted.js";
export {
  type Part,
  type PartCallOptions,
  type PartContext,
  type PartHealth,
  startParts,
  stopParts,
} from "./part.js";
export { readKeptFile } from "./read-kept-file.js";
export { Releasable } from "./releasable.js";
export { replaceFile } from "./replace-file.js";
export { resultCodeOf, resultCodes } from "./result-codes.js";
export { isPoisonous, maySayPrototype, parseSafely, safeReviver } from "./safe-json.js";
export type { SeenClaim, SeenMessages } from "./seen-messages.js";
export { isTraceId, newTimedId, newTraceId, timeOfId } from "./trace.js";
