export { createGateway, type Gateway, type GatewayOptions } from "./create-gateway.js";
export { createService, type Service } from "./create-service.js";
export { type ProcessLike, type Runnable, runService } from "./run-service.js";
export type { HttpOptions, MicroserviceOptions, RegistryOptions, ServiceOptions } from "./service-options.js";
