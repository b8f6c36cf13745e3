import { z } from "zod";
import { badOption } from "../core/index.js";
import { consistencies, type DnsOptions } from "../discovery/index.js";
import { isVersion, isVersionRange } from "../routing/index.js";
import { type LogLevel, logLevels } from "../telemetry/index.js";
import { type Env, readEnv } from "./read-env.js";
import type { ServiceOptions } from "./service-options.js";

/** What a service is when its environment says nothing. */
export interface ServiceEnvDefaults {
  readonly name: string;
  readonly version: string;
  readonly httpPort: number;
  /** Left out by a service that answers no calls. */
  readonly microservicePort?: number;
}

export type ServiceEnv = Required<
  Pick<ServiceOptions, "name" | "version" | "host" | "http" | "consul" | "drain" | "peers">
> &
  Pick<ServiceOptions, "advertise" | "dns" | "zone" | "routing" | "chaos"> & {
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

const commaSeparated = z
  .string()
  .transform((text) => text.split(/, ?/))
  .describe("texts with commas between them");

const milliseconds = z
  .string()
  .regex(/^\d{1,7}$/)
  .transform(Number)
  .describe("a number of milliseconds");

const microseconds = z
  .string()
  .regex(/^(\d{1,3}|1000)$/)
  .transform(Number)
  .describe("a number of microseconds from 0 to 1000");

/** The variables that every service takes. */
export const serviceShape = {
  HOST: anyText.default("127.0.0.1").meta({ purpose: "Where it listens; 0.0.0.0 is every address." }),
  HTTP_PORT: envPort
    .optional()
    .meta({ purpose: "Where it serves REST and `/health`; 0 is any free port. The workers of a cluster share it." }),
  MICROSERVICE_PORT: envPort
    .optional()
    .meta({ purpose: "Where it answers calls; 0 is any free port. The workers of a cluster choose their own." }),
  ADVERTISE_HOST: anyText
    .optional()
    .meta({ purpose: "Where others reach it; by default HOST, or the machine's name when HOST is every address." }),
  SERVICE_VERSION: z
    .string()
    .refine(isVersion)
    .describe('a semver such as "1.2.3"')
    .optional()
    .meta({ purpose: "Its version, instead of its package's." }),
  CONSUL_HTTP_ADDR: z
    .string()
    .refine(isAddress)
    .describe('"host:port" or an http(s) URL')
    .default("127.0.0.1:8500")
    .meta({ purpose: "Where Consul is." }),
  CONSUL_HTTP_TOKEN: anyText.optional().meta({ purpose: "Consul's ACL token." }),
  CONSUL_DATACENTER: anyText.optional().meta({ purpose: "Consul's datacenter; by default the agent's own." }),
  CONSUL_CONSISTENCY: z
    .enum(consistencies)
    .describe(`one of ${consistencies.join(", ")}`)
    .optional()
    .meta({ purpose: "How fresh Consul's answers must be." }),
  DISCOVERY: z
    .enum(["consul", "dns"])
    .describe("consul or dns")
    .default("consul")
    .meta({ purpose: "How others are found: by Consul, or by DNS alone, as in Kubernetes." }),
  DISCOVERY_NAME: anyText.optional().meta({
    purpose: "With dns: the name of a target's instances, such as `_http._tcp.{target}.shop.svc.cluster.local`.",
  }),
  DISCOVERY_PORT: envPort.optional().meta({
    purpose: "With dns: the HTTP port of every instance, where the name is not one of SRV records.",
  }),
  DISCOVERY_TARGETS: commaSeparated
    .optional()
    .meta({ purpose: "With dns: the targets that a gateway serves, with commas between them." }),
  DISCOVERY_DNS_SERVERS: commaSeparated
    .optional()
    .meta({ purpose: "With dns: the addresses of DNS servers, instead of the machine's." }),
  ZONE: anyText.optional().meta({ purpose: "Where it runs, such as a rack: callers of the same zone come first." }),
  ROUTING_SNAPSHOT: anyText
    .optional()
    .meta({ purpose: "A file that keeps what is known of others, for a start without Consul." }),
  CHAOS: envSwitch.optional().meta({ purpose: "Whether `vastify/chaos/` in Consul may make calls fail." }),
  // What is wrong with one is said where it is used: a secret must not stand in the error of a variable.
  IDENTITY_KEYS: z
    .string()
    .transform((text) => text.split(","))
    .optional()
    .meta({ purpose: "Secrets that sign who a call is made for, with commas between them; the first signs." }),
  DRAIN_NOTICE_MS: milliseconds
    .optional()
    .meta({ purpose: "How long it serves on, when it leaves, while others notice (1,000)." }),
  BUSY_POLL_US: microseconds.optional().meta({
    purpose: "How long it looks for a peer's next word before it sleeps (100; on one core 0). 0 where CPU is rationed.",
  }),
  DRAIN_GRACE_MS: milliseconds
    .optional()
    .meta({ purpose: "How long, when it leaves, what is in flight may take (10,000)." }),
  LOG_LEVEL: z
    .enum(logLevels)
    .describe(`one of ${logLevels.join(", ")}`)
    .default("info")
    .meta({ purpose: "The least important lines that are logged." }),
  LOG_FORMAT: z
    .enum(["pretty", "json"])
    .describe("pretty or json")
    .optional()
    .meta({ purpose: "For people or for machines; by default pretty at a terminal." }),
  FORCE_COLOR: anyText.optional().meta({ purpose: "Colors pretty log lines; 0 does not." }),
  NO_COLOR: anyText.optional().meta({ purpose: "Colors no log lines." }),
};

/**
 * The options that every service takes from its environment: HOST, HTTP_PORT, MICROSERVICE_PORT, ADVERTISE_HOST,
 * SERVICE_VERSION, CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, CONSUL_DATACENTER, CONSUL_CONSISTENCY, DISCOVERY and those that
 * begin with it, ZONE, ROUTING_SNAPSHOT, CHAOS, IDENTITY_KEYS (with commas between them), BUSY_POLL_US, DRAIN_NOTICE_MS,
 * DRAIN_GRACE_MS, LOG_LEVEL, LOG_FORMAT, and FORCE_COLOR or NO_COLOR. A variable that is empty counts as absent.
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
    ...(read.DISCOVERY === "dns" && { dns: dnsOf(read) }),
    ...(read.ZONE !== undefined && { zone: read.ZONE }),
    ...(read.ROUTING_SNAPSHOT !== undefined && { routing: { snapshot: read.ROUTING_SNAPSHOT } }),
    ...(read.CHAOS !== undefined && { chaos: read.CHAOS }),
    peers: {
      ...(read.IDENTITY_KEYS !== undefined && { identityKeys: read.IDENTITY_KEYS }),
      ...(read.BUSY_POLL_US !== undefined && { busyPollUs: read.BUSY_POLL_US }),
    },
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

function dnsOf(read: {
  DISCOVERY_NAME?: string | undefined;
  DISCOVERY_PORT?: number | undefined;
  DISCOVERY_TARGETS?: readonly string[] | undefined;
  DISCOVERY_DNS_SERVERS?: readonly string[] | undefined;
}): DnsOptions {
  const { DISCOVERY_NAME: name, DISCOVERY_PORT: port, DISCOVERY_TARGETS: targets } = read;
  if (name === undefined) throw badOption("DISCOVERY_NAME", name, "set where DISCOVERY is dns");
  const { DISCOVERY_DNS_SERVERS: servers } = read;
  return { name, ...(port && { port }), ...(targets && { targets }), ...(servers && { servers }) };
}

function isAddress(address: string): boolean {
  return URL.canParse(/^https?:\/\//.test(address) ? address : `http://${address}`);
}
