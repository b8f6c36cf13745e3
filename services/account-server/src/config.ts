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
import type { SessionOptions } from "./models/sessions.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

export interface AccountConfig {
  readonly service: ServiceEnv;
  /** When it names no database, `vastify` is used. */
  readonly mongoUri: string;
  /** Where users are cached for all instances. Without it each caches them for a second, by itself. */
  readonly redisUrl: string | undefined;
  /** Where changes of users are announced. Without it they only go into the log. */
  readonly amqpUrl: string | undefined;
  /** Which versions of config-server will do. */
  readonly configServerVersion: string;
  readonly seedDemoUsers: boolean;
  /** Without it a login only tells whether the password is right. */
  readonly session: SessionOptions | undefined;
  /** Where live settings are kept for a start without config-server. */
  readonly settingsSnapshot: string | undefined;
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
  AMQP_URL: z
    .string()
    .regex(/^amqps?:\/\/./)
    .describe('a URL such as "amqp://127.0.0.1:5672"')
    .optional()
    .meta({ purpose: "Where changes of users are announced; without it they wait for one that does." }),
  CONFIG_SERVER_VERSION: envVersionRange
    .default("^1.0.0")
    .meta({ purpose: "Which versions of config-server will do." }),
  SEED_DEMO_USERS: envSwitch
    .default(true)
    .meta({ purpose: "Whether three users with known passwords are made, once." }),
  SESSION_SECRET: z.string().optional().meta({
    purpose:
      "What signs sessions, the gateway's too; without it a login begins none, and everybody may change every user.",
  }),
  SESSION_HOURS: z
    .string()
    .regex(/^[1-9]\d{0,3}$/)
    .transform(Number)
    .describe("a whole number of hours from 1 to 9999")
    .default(12)
    .meta({ purpose: "How long a session lasts." }),
  SESSION_COOKIE_SECURE: envSwitch
    .default(true)
    .meta({ purpose: "Whether browsers send a session's cookie over HTTPS only." }),
  SETTINGS_SNAPSHOT: z
    .string()
    .optional()
    .meta({ purpose: "A file that keeps the live settings, for a start without config-server." }),
};

/** @throws VastifyError naming the variable that is wrong */
export function readConfig(env: Env): AccountConfig {
  const { MONGODB_URI, REDIS_URL, AMQP_URL, CONFIG_SERVER_VERSION, SEED_DEMO_USERS, ...read } = readEnv(env, variables);
  const { SESSION_SECRET: secret, SESSION_HOURS: hours, SESSION_COOKIE_SECURE: isSecure } = read;
  return {
    service: serviceEnv(env, defaults),
    mongoUri: MONGODB_URI,
    redisUrl: REDIS_URL,
    amqpUrl: AMQP_URL,
    configServerVersion: CONFIG_SERVER_VERSION,
    seedDemoUsers: SEED_DEMO_USERS,
    session: secret === undefined ? undefined : { secret, hours, isSecure },
    settingsSnapshot: read.SETTINGS_SNAPSHOT,
  };
}
