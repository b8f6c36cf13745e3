import { createRequire } from "node:module";
import { type Env, envTrustProxy, type GatewayOptions, readEnv, type ServiceEnvDefaults, serviceEnv } from "vastify";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

export const defaults: ServiceEnvDefaults = { name: "gateway", version, httpPort: 3000 };

export const variables = {
  TRUST_PROXY: envTrustProxy.optional().meta({ purpose: "Whose `x-forwarded-for` counts; by default nobody's." }),
};

/** @throws VastifyError naming the variable that is wrong */
export function readConfig(env: Env): GatewayOptions {
  const { TRUST_PROXY } = readEnv(env, variables);
  return { ...serviceEnv(env, defaults), ...(TRUST_PROXY !== undefined && { trustProxy: TRUST_PROXY }) };
}
