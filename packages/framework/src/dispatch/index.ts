export { closeSeneca, loadPlugins, type SenecaOptions } from "./create-seneca.js";
export {
  type ActOptions,
  createDispatcher,
  type Dispatcher,
  type DispatcherOptions,
  installRouting,
  type RemoteCaller,
} from "./dispatcher.js";
export type {
  ActionDefinition,
  Seneca,
  SenecaAction,
  SenecaCallback,
  SenecaPlugin,
  SenecaPluginObject,
  SenecaReply,
} from "./seneca-types.js";
