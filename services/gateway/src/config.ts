import { createRequire } from "node:module";
import { type Env, envTrustProxy, type GatewayOptions, readEnv, serviceEnv } from "vastify";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

/** @throws VastifyError naming the variable that is wrong */
export function readConfig(env: Env): GatewayOptions {
  const { TRUST_PROXY } = readEnv(env, { TRUST_PROXY: envTrustProxy.optional() });
  return {
    ...serviceEnv(env, { name: "gateway", version, httpPort: 3000 }),
    ...(TRUST_PROXY !== undefined && { trustProxy: TRUST_PROXY }),
  };
}
