import { createRequire } from "node:module";
import { type Env, type ServiceEnv, serviceEnv } from "vastify";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

/** @throws VastifyError naming the variable that is wrong */
export function readConfig(env: Env): ServiceEnv {
  return serviceEnv(env, { name: "config-server", version, httpPort: 3331, microservicePort: 10_011 });
}
