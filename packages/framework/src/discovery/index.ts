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
export { createDnsDirectory } from "./dns/dns-directory.js";
export { type DnsOptions, type ResolvedDnsOptions, resolveDnsOptions } from "./dns/dns-options.js";
export { noSettings } from "./dns/no-settings.js";
export type { FollowedTarget } from "./followed-target.js";
export type { Instance, InstanceEndpoint } from "./instance.js";
export { expectRegistrant, notesOf, type Registrant } from "./registrant.js";
export { createRegistration, type Registration, type RegistrationOptions } from "./registration.js";
export { createSettings, type Settings, type SettingsOptions } from "./settings.js";
export { createSnapshot, type Snapshot } from "./snapshot.js";
