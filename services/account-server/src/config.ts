import { createRequire } from "node:module";
import {
  type Env,
  envSwitch,
  envVersionRange,
  readEnv,
  type ServiceEnv,
  type ServiceEnvDefaults,
  serviceEnv,
} from "vastify";
import { z } from "zod";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

export interface AccountConfig {
  readonly service: ServiceEnv;
  /** When it names no database, `vastify` is used. */
  readonly mongoUri: string;
  /** Where users are cached for all instances. Without it each caches them for a second, by itself. */
  readonly redisUrl: string | undefined;
  /** Which versions of config-server will do. */
  readonly configServerVersion: string;
  readonly seedDemoUsers: boolean;
}

export const defaults: ServiceEnvDefaults = {
  name: "account-server",
  version,
  httpPort: 3333,
  microservicePort: 10_015,
};

export const variables = {
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/./)
    .describe('a URI such as "mongodb://127.0.0.1:27017/vastify"')
    .default("mongodb://127.0.0.1:27017/vastify")
    .meta({ purpose: "Where users are kept; when it names no database, `vastify` is used." }),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/./)
    .describe('a URL such as "redis://127.0.0.1:6379"')
    .optional()
    .meta({
      purpose: "Where users are cached for all instances; without it each caches them for a second, by itself.",
    }),
  CONFIG_SERVER_VERSION: envVersionRange
    .default("^1.0.0")
    .meta({ purpose: "Which versions of config-server will do." }),
  SEED_DEMO_USERS: envSwitch
    .default(true)
    .meta({ purpose: "Whether three users with known passwords are made, once." }),
};

/** @throws VastifyError naming the variable that is wrong */
export function readConfig(env: Env): AccountConfig {
  const { MONGODB_URI, REDIS_URL, CONFIG_SERVER_VERSION, SEED_DEMO_USERS } = readEnv(env, variables);
  return {
    service: serviceEnv(env, defaults),
    mongoUri: MONGODB_URI,
    redisUrl: REDIS_URL,
    configServerVersion: CONFIG_SERVER_VERSION,
    seedDemoUsers: SEED_DEMO_USERS,
  };
}
