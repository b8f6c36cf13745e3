export { askHealth } from "./ask-health.js";
export {
  type Consistency,
  type ConsulHandle,
  type ConsulOptions,
  connectConsul,
  consistencies,
} from "./consul-client.js";
export {
  createDirectory,
  type Directory,
  type DirectoryHealth,
  type DirectoryOptions,
  serviceTag,
} from "./directory.js";
export type { FollowedTarget } from "./followed-target.js";
export type { Instance, InstanceEndpoint } from "./instance.js";
export type { Registrant } from "./registrant.js";
export { createRegistration, type Registration, type RegistrationOptions } from "./registration.js";
export { createSettings, type Settings, type SettingsOptions } from "./settings.js";
export { createSnapshot, type Snapshot } from "./snapshot.js";
