export { createRegistry, type Registry, type RegistryOptions } from "./registry/registry.js";
