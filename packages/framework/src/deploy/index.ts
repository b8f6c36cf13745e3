export { generateFiles } from "./generate.js";
export { type GeneratedFile, generatedMark } from "./generated-file.js";
export { type EdgeEndpoint, nginxSite } from "./nginx/nginx-site.js";
export type { ModuleType } from "./pm2/ecosystem-file.js";
export { readSystem } from "./read-system.js";
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
