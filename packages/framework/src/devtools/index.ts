export { type CliOutput, runCli } from "./cli/run-cli.js";
export { createRegistry, type Registry, type RegistryOptions } from "./registry/registry.js";
