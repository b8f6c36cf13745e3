export {
  type ErrorCode,
  errorCodes,
  type LogFields,
  type Logger,
  type Message,
  type Part,
  type PartContext,
  type PartHealth,
  resultCodes,
  VastifyError,
  type VastifyErrorOptions,
} from "./core/index.js";
export type { ActOptions, Seneca, SenecaAction, SenecaPlugin, SenecaReply } from "./dispatch/index.js";
export {
  createGateway,
  createService,
  type Env,
  envPort,
  envSwitch,
  type Gateway,
  type GatewayOptions,
  type HttpOptions,
  type MicroserviceOptions,
  type ProcessLike,
  type RegistryOptions,
  readEnv,
  runService,
  type Service,
  type ServiceEnv,
  type ServiceEnvDefaults,
  type ServiceOptions,
  serviceEnv,
} from "./service/index.js";
export { createLog, type LogIdentity, type LogLevel, type LogOptions } from "./telemetry/index.js";
export type { HttpDirectives, PublishedRoute, RouteDefinition, RouteMapping, ServiceModule } from "./web/index.js";
