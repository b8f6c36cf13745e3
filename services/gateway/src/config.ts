import { createRequire } from "node:module";
import { session } from "@vastify/account-server/contract";
import { type Env, envTrustProxy, type GatewayOptions, readEnv, serviceEnv } from "vastify";
import { z } from "zod";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

const texts = z.string().transform((text) => text.split(",").map((each) => each.trim()));

const shape = {
  // What signs the sessions of account-server. With it every route is closed that nobody has opened.
  SESSION_SECRET: z.string().optional(),
  OPEN_ROUTES: texts.optional(),
  TRUST_PROXY: envTrustProxy.optional(),
};

/** Whoever tries passwords gets so many tries a minute from one address. */
const logins = { by: "ip", limit: 10, windowMs: 60_000, routes: ["POST /user/login"] } as const;

/** @throws VastifyError naming the variable that is wrong */
export function readConfig(env: Env): GatewayOptions {
  const { SESSION_SECRET: secret, OPEN_ROUTES: open, TRUST_PROXY: trustProxy } = readEnv(env, shape);
  return {
    ...serviceEnv(env, { name: "gateway", version, httpPort: 3000 }),
    ...(trustProxy !== undefined && { trustProxy }),
    ...(secret !== undefined && {
      auth: { tokens: { ...session, secret }, ...(open && { open }) },
      limits: { rates: [logins] },
    }),
  };
}
