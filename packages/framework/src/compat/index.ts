export type { ConsulServer, InstanceConfig, ResolvedConfig } from "./config.js";
export {
  DeployTool,
  type PM2AppConfig,
  type PM2AppOptions,
  type PM2DeployConfig,
  type PM2DeployOptions,
} from "./deploy-tool.js";
export { getInstance, type Instance, type InstanceSeneca, type InstanceWeb, web } from "./instance.js";
export { Logger } from "./logger.js";
export { Plugins, type RoutingOptions } from "./routing.js";
export { type BizService, type RegisteredService, type RegisterOptions, ServerRegister } from "./server-register.js";
export { VastifyWebModule, type WebModuleOptions } from "./web-module.js";
