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
  type DirectoryOptions,
  type FollowedTarget,
  serviceTag,
} from "./directory.js";
export type { Instance, InstanceEndpoint } from "./instance.js";
export { createRegistration, type Registrant, type Registration, type RegistrationOptions } from "./registration.js";
export { createSettings, type Settings, type SettingsOptions } from "./settings.js";
