export { type ContractRoutes, createContractRoutes } from "./contract-routes.js";
export { createGatewayRoutes, type GatewayRoutes, type OfferedVersion, type ServedRoute } from "./gateway-routes.js";
export { type HealthReport, health } from "./health.js";
export { createHttpServer, type HttpServer } from "./http-server.js";
export { createKoaApp } from "./koa-app.js";
export type { RouteDefinition, RouteMapping, ServiceModule } from "./module.js";
export { createModuleRoutes, type ModuleRoutes } from "./module-routes.js";
export type { PublishedRoute } from "./published-routes.js";
export type { HttpDirectives } from "./reply.js";
