import { createRequire } from "node:module";
import { session } from "@vastify/account-server/contract";
import {
  type Env,
  envSwitch,
  envTrustProxy,
  type GatewayOptions,
  readEnv,
  type ServiceEnvDefaults,
  serviceEnv,
} from "vastify";
import { z } from "zod";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

const texts = z.string().transform((text) => text.split(",").map((each) => each.trim()));

export const defaults: ServiceEnvDefaults = { name: "gateway", version, httpPort: 3000 };

export const variables = {
  SESSION_SECRET: z.string().optional().meta({
    purpose: "What signs account-server's sessions; with it every route is closed that nobody has opened.",
  }),
  OPEN_ROUTES: texts.optional().meta({
    purpose: "Routes without a contract that are open to everybody, such as `GET /config`, with commas between them.",
  }),
  GRAPHQL: envSwitch
    .default(false)
    .meta({ purpose: "Whether the public actions of all contracts are served at `/graphql` too." }),
  GRAPHQL_INTROSPECTION: envSwitch
    .default(false)
    .meta({ purpose: "Whether clients of `/graphql` may ask for its schema: for development." }),
  TRUST_PROXY: envTrustProxy.optional().meta({ purpose: "Whose `x-forwarded-for` counts; by default nobody's." }),
};

/** Whoever tries passwords gets so many tries a minute from one address. */
const logins = { by: "ip", limit: 10, windowMs: 60_000, routes: ["POST /user/login"] } as const;

/** @throws VastifyError naming the variable that is wrong */
export function readConfig(env: Env): GatewayOptions {
  const { SESSION_SECRET: secret, OPEN_ROUTES: open, TRUST_PROXY: trustProxy, ...read } = readEnv(env, variables);
  return {
    ...serviceEnv(env, defaults),
    graphql: read.GRAPHQL && { introspection: read.GRAPHQL_INTROSPECTION },
    ...(trustProxy !== undefined && { trustProxy }),
    ...(secret !== undefined && {
      auth: { tokens: { ...session, secret }, ...(open && { open }) },
      limits: { rates: [logins] },
    }),
  };
}
