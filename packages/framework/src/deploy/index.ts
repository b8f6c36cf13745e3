export { generateFiles } from "./generate.js";
export { type GeneratedFile, generatedMark } from "./generated-file.js";
export { type EdgeEndpoint, nginxSite } from "./nginx/nginx-site.js";
export {
  appDefaults,
  deployDefaults,
  GeneratePM2AppConfig,
  GeneratePM2DeployConfig,
  type PM2AppConfig,
  type PM2AppOptions,
  type PM2DeployConfig,
  type PM2DeployOptions,
} from "./pm2/pm2-config.js";
export {
  type BuildDeclaration,
  defineSystem,
  type EdgeDeclaration,
  type HostsDeclaration,
  type Need,
  type ServiceDeclaration,
  type System,
  type SystemDeclaration,
  type SystemEdge,
  type SystemService,
  type TlsDeclaration,
  type VariableDeclaration,
} from "./system.js";
export { readSystem } from "./system-schema.js";
