import { createRequire } from "node:module";
import { type Env, type ServiceEnv, type ServiceEnvDefaults, serviceEnv } from "vastify";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

export const defaults: ServiceEnvDefaults = {
  name: "config-server",
  version,
  httpPort: 3331,
  microservicePort: 10_011,
};

/** @throws VastifyError naming the variable that is wrong */
export function readConfig(env: Env): ServiceEnv {
  return serviceEnv(env, defaults);
}
