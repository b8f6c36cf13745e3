export type { ConsulServer, InstanceConfig, ResolvedConfig } from "./config.js";
export type { PM2AppConfig, PM2AppOptions, PM2DeployConfig, PM2DeployOptions } from "../deploy/index.js";
export { DeployTool } from "./deploy-tool.js";
export { getInstance, type Instance, type InstanceSeneca, type InstanceWeb, web } from "./instance.js";
export { Logger } from "./logger.js";
export { Plugins, type RoutingOptions } from "./routing.js";
export { type BizService, type RegisteredService, type RegisterOptions, ServerRegister } from "./server-register.js";
export { VastifyWebModule, type WebModuleOptions } from "./web-module.js";
