import { z } from "zod";
import { badOption } from "../core/index.js";
import { consistencies } from "../discovery/index.js";
import { isVersion, isVersionRange } from "../routing/index.js";
import { type LogLevel, logLevels } from "../telemetry/index.js";
import type { ServiceOptions } from "./service-options.js";

/** Environment variables as a process got them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What a service is when its environment says nothing. */
export interface ServiceEnvDefaults {
  readonly name: string;
  readonly version: string;
  readonly httpPort: number;
  /** Left out by a service that answers no calls. */
  readonly microservicePort?: number;
}

export type ServiceEnv = Required<Pick<ServiceOptions, "name" | "version" | "host" | "http" | "consul" | "drain">> &
  Pick<ServiceOptions, "advertise" | "zone" | "routing" | "chaos" | "peers" | "peers"> & {
    readonly log: { level: LogLevel; format?: "pretty" | "json"; color?: boolean };
    readonly microservice: { port: number };
  };

const anyText = z.string();

/** A port in an environment variable; 0 takes any free port. */
export const envPort = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((port) => port <= 65_535)
  .describe("a port number from 0 to 65535");

/** A version or a range of them in an environment variable. */
export const envVersionRange = z.string().refine(isVersionRange).describe('a version or a range such as "^1.2.0"');

/** A switch in an environment variable. */
export const envSwitch = z
  .enum(["true", "false", "1", "0"])
  .transform((text) => text === "true" || text === "1")
  .describe("true or false");

/** Which proxies' word on a client's address counts, in an environment variable. */
export const envTrustProxy = z
  .string()
  .regex(/^(\d{1,2}|[\da-fA-F.:/]+(, ?[\da-fA-F.:/]+)*)$/)
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : text.split(/, ?/)))
  .describe("a number of proxies, or their addresses and networks with commas between");

const milliseconds = z
  .string()
  .regex(/^\d{1,7}$/)
  .transform(Number)
  .describe("a number of milliseconds");

const serviceShape = {
  HOST: anyText.default("127.0.0.1"),
  HTTP_PORT: envPort.optional(),
  MICROSERVICE_PORT: envPort.optional(),
  ADVERTISE_HOST: anyText.optional(),
  SERVICE_VERSION: z.string().refine(isVersion).describe('a semver such as "1.2.3"').optional(),
  CONSUL_HTTP_ADDR: z.string().refine(isAddress).describe('"host:port" or an http(s) URL').default("127.0.0.1:8500"),
  CONSUL_HTTP_TOKEN: anyText.optional(),
  CONSUL_DATACENTER: anyText.optional(),
  CONSUL_CONSISTENCY: z
    .enum(consistencies)
    .describe(`one of ${consistencies.join(", ")}`)
    .optional(),
  ZONE: anyText.optional(),
  ROUTING_SNAPSHOT: anyText.optional(),
  CHAOS: envSwitch.optional(),
  // What is wrong with one is said where it is used: a secret must not stand in the error of a variable.
  IDENTITY_KEYS: z
    .string()
    .transform((text) => text.split(","))
    .optional(),
  DRAIN_NOTICE_MS: milliseconds.optional(),
  DRAIN_GRACE_MS: milliseconds.optional(),
  LOG_LEVEL: z
    .enum(logLevels)
    .describe(`one of ${logLevels.join(", ")}`)
    .default("info"),
  LOG_FORMAT: z.enum(["pretty", "json"]).describe("pretty or json").optional(),
  FORCE_COLOR: anyText.optional(),
  NO_COLOR: anyText.optional(),
};

/**
 * The options that every service takes from its environment: HOST, HTTP_PORT, MICROSERVICE_PORT, ADVERTISE_HOST,
 * SERVICE_VERSION, CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, CONSUL_DATACENTER, CONSUL_CONSISTENCY, ZONE,
 * ROUTING_SNAPSHOT, CHAOS, IDENTITY_KEYS (with commas between them), DRAIN_NOTICE_MS, DRAIN_GRACE_MS, LOG_LEVEL,
 * LOG_FORMAT, and FORCE_COLOR or NO_COLOR. A variable that is empty counts as absent.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the variables that are wrong
 */
export function serviceEnv(env: Env, defaults: ServiceEnvDefaults): ServiceEnv {
  const read = readEnv(env, serviceShape);
  const color = read.NO_COLOR ? false : read.FORCE_COLOR ? read.FORCE_COLOR !== "0" : undefined;
  return {
    name: defaults.name,
    version: read.SERVICE_VERSION ?? defaults.version,
    host: read.HOST,
    ...(read.ADVERTISE_HOST !== undefined && { advertise: read.ADVERTISE_HOST }),
    http: { port: read.HTTP_PORT ?? defaults.httpPort },
    microservice: { port: read.MICROSERVICE_PORT ?? defaults.microservicePort ?? 0 },
    consul: {
      address: read.CONSUL_HTTP_ADDR,
      ...(read.CONSUL_HTTP_TOKEN !== undefined && { token: read.CONSUL_HTTP_TOKEN }),
      ...(read.CONSUL_DATACENTER !== undefined && { datacenter: read.CONSUL_DATACENTER }),
      ...(read.CONSUL_CONSISTENCY !== undefined && { consistency: read.CONSUL_CONSISTENCY }),
    },
    ...(read.ZONE !== undefined && { zone: read.ZONE }),
    ...(read.ROUTING_SNAPSHOT !== undefined && { routing: { snapshot: read.ROUTING_SNAPSHOT } }),
    ...(read.CHAOS !== undefined && { chaos: read.CHAOS }),
    ...(read.IDENTITY_KEYS !== undefined && { peers: { identityKeys: read.IDENTITY_KEYS } }),
    drain: {
      ...(read.DRAIN_NOTICE_MS !== undefined && { noticeMs: read.DRAIN_NOTICE_MS }),
      ...(read.DRAIN_GRACE_MS !== undefined && { graceMs: read.DRAIN_GRACE_MS }),
    },
    log: {
      level: read.LOG_LEVEL,
      ...(read.LOG_FORMAT !== undefined && { format: read.LOG_FORMAT }),
      ...(color !== undefined && { color }),
    },
  };
}

/**
 * Reads the environment variables named in `shape`. A schema's `describe` text says what was expected; a variable
 * that is empty counts as absent.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the variables that are wrong
 */
export function readEnv<Shape extends z.ZodRawShape>(env: Env, shape: Shape): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const name = String(parsed.error.issues[0]?.path[0]);
  throw badOption(name, withoutPassword(given[name]), expectationOf(shape[name]) ?? "something else");
}

/** `describe` sits on the schema it was called on, which `default` and `optional` wrap. */
function expectationOf(schema: unknown): string | undefined {
  for (let at = schema; at instanceof z.ZodType; at = (at.def as { innerType?: unknown }).innerType) {
    if (at.description !== undefined) return at.description;
  }
  return undefined;
}

function withoutPassword(text: string | undefined): string | undefined {
  return text?.replace(/\/\/[^@/]*@/, "//");
}

function isAddress(address: string): boolean {
  return URL.canParse(/^https?:\/\//.test(address) ? address : `http://${address}`);
}
