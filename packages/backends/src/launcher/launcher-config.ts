import { join, resolve } from "node:path";
import { type Env, envPort, envVersionRange, readEnv } from "vastify";
import { z } from "zod";

/** A port that must be free, and how to choose another. */
export interface NeededPort {
  /** Who listens there. */
  readonly holder: string;
  /** 0 for any free one. */
  readonly port: number;
  /** The environment variable that changes it. */
  readonly variable: string;
  /** What else helps when it is taken. */
  readonly advice?: string;
}

export interface LauncherConfig {
  readonly host: string;
  /** Undefined when CONSUL_HTTP_ADDR names a registry that runs already. */
  readonly registry: NeededPort | undefined;
  readonly consulAddress: string | undefined;
  readonly consulToken: string | undefined;
  /** Undefined when the launcher shall start an engine. */
  readonly mongoUri: string | undefined;
  readonly mongoDir: string;
  readonly servicePorts: readonly NeededPort[];
}

/** The services of ecosystem.config.js. */
export const serviceNames = ["config-server", "account-server", "gateway"] as const;

const port = (otherwise: number) => envPort.default(otherwise);
const shape = {
  HOST: z.string().default("127.0.0.1"),
  REGISTRY_PORT: port(8500),
  CONSUL_HTTP_ADDR: z.string().optional(),
  CONSUL_HTTP_TOKEN: z.string().optional(),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/./)
    .describe('a URI such as "mongodb://127.0.0.1:27017/vastify"')
    .optional(),
  // The services read these for themselves; here a wrong one is told before anything has started.
  LOG_LEVEL: z.enum(["error", "warn", "info", "debug"]).describe("one of error, warn, info, debug").optional(),
  CONFIG_SERVER_VERSION: envVersionRange.optional(),
  VASTIFY_DATA_DIR: z.string().default(join(".vastify", "data")),
  CONFIG_SERVER_HTTP_PORT: port(3331),
  CONFIG_SERVER_MICROSERVICE_PORT: port(10_011),
  ACCOUNT_SERVER_HTTP_PORT: port(3333),
  ACCOUNT_SERVER_MICROSERVICE_PORT: port(10_015),
  GATEWAY_HTTP_PORT: port(3000),
};

/**
 * @param root the repository's folder, that relative paths start from
 * @throws VastifyError naming the variable that is wrong
 */
export function readLauncherConfig(env: Env, root: string): LauncherConfig {
  const read = readEnv(env, shape);
  const needed = (holder: string, variable: keyof typeof shape & `${string}_PORT`): NeededPort => ({
    holder,
    port: read[variable],
    variable,
  });
  const registry: NeededPort = {
    ...needed("the development registry", "REGISTRY_PORT"),
    advice: "set CONSUL_HTTP_ADDR to use the Consul that runs there",
  };
  return {
    host: read.HOST,
    registry: read.CONSUL_HTTP_ADDR === undefined ? registry : undefined,
    consulAddress: read.CONSUL_HTTP_ADDR,
    consulToken: read.CONSUL_HTTP_TOKEN,
    mongoUri: read.MONGODB_URI,
    mongoDir: join(resolve(root, read.VASTIFY_DATA_DIR), "mongodb"),
    servicePorts: [
      needed("config-server (REST)", "CONFIG_SERVER_HTTP_PORT"),
      needed("config-server (calls)", "CONFIG_SERVER_MICROSERVICE_PORT"),
      needed("account-server (REST)", "ACCOUNT_SERVER_HTTP_PORT"),
      needed("account-server (calls)", "ACCOUNT_SERVER_MICROSERVICE_PORT"),
      needed("gateway", "GATEWAY_HTTP_PORT"),
    ],
  };
}
