export type { CacheOptions, EventSource } from "./cache-options.js";
export { createGateway, type Gateway, type GatewayOptions } from "./create-gateway.js";
export { createService } from "./create-service.js";
export { describeEnv, type EnvVariable } from "./describe-env.js";
export type { ExplainOptions, Explanation } from "./explanation.js";
export { type Env, readEnv } from "./read-env.js";
export { type ProcessLike, type Runnable, runService } from "./run-service.js";
export type { Service, ServiceCallerOptions } from "./service.js";
export {
  envPort,
  envSwitch,
  envTrustProxy,
  envVersionRange,
  type ServiceEnv,
  type ServiceEnvDefaults,
  serviceEnv,
} from "./service-env.js";
export type {
  CallQueueOptions,
  HttpOptions,
  MicroserviceOptions,
  PeerOptions,
  RegistryOptions,
  ServiceOptions,
} from "./service-options.js";
