export type { ActionCache, ActionCaching } from "./action-caching.js";
export { closeSeneca, loadPlugins, type SenecaOptions } from "./create-seneca.js";
export {
  type ActOptions,
  createDispatcher,
  type Dispatcher,
  type DispatcherOptions,
  type ReceivedCall,
} from "./dispatcher.js";
export type { ExplainedAction, ExplainedDispatch } from "./explain-action.js";
export { type HostContractOptions, hostContract } from "./host-contract.js";
export { installRemoteAction, type RemoteActionOptions, type RemoteCaller } from "./remote-action.js";
export type {
  ActionDefinition,
  Seneca,
  SenecaAction,
  SenecaCallback,
  SenecaPlugin,
  SenecaPluginObject,
  SenecaReply,
} from "./seneca-types.js";
