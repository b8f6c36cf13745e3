import { availableParallelism, hostname } from "node:os";
import { createSecureContext } from "node:tls";
import type { Implementation } from "../contracts/index.js";
import { badOption, expectPort, expectTargetName, type Logger, type Part } from "../core/index.js";
import { type ResolvedDnsOptions, resolveDnsOptions } from "../discovery/index.js";
import { isVersion, versionsFor } from "../routing/index.js";
import { type LogOptions, logLevels } from "../telemetry/index.js";
import { expectIdentityKeys, resolveTransportLimits, transportLimitNames } from "../transport/index.js";
import type { ServiceModule } from "../web/index.js";
import { resolveCacheOptions } from "./cache-options.js";
import type { CallQueueOptions, PeerOptions, ResolvedServiceOptions, ServiceOptions } from "./service-options.js";

const everyAddress: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
const mebibyte = 1_048_576;

const known = {
  service: [
    "name",
    "version",
    "host",
    "advertise",
    "http",
    "microservice",
    "peers",
    "zone",
    "consul",
    "dns",
    "modules",
    "contracts",
    "forceContracts",
    "callQueue",
    "cache",
    "parts",
    "log",
    "timeoutMs",
    "routing",
    "policies",
    "chaos",
    "seneca",
    "startTimeoutMs",
    "drain",
  ],
  http: ["port", "maxBodyBytes"],
  microservice: ["port", "limits"],
  limits: transportLimitNames,
  routing: ["servicesRefresh", "balance", "slowStartMs", "keepUnlistedMs", "snapshot"],
  drain: ["noticeMs", "graceMs"],
  consul: [
    "address",
    "token",
    "datacenter",
    "ca",
    "consistency",
    "timeoutMs",
    "tags",
    "checkIntervalSeconds",
    "renewMs",
  ],
  tls: ["cert", "key", "ca"],
  peers: ["secret", "tls", "heartbeatMs", "identityKeys", "busyPollUs"],
  callQueue: ["broker", "serve", "prefer"],
  cache: ["store", "maxTtlMs", "broker", "events"],
} as const;

/** What `createService` takes. */
export const serviceOptionNames = known.service;

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option */
export function resolveServiceOptions(options: ServiceOptions): ResolvedServiceOptions {
  expectKnown("createService", options, known.service);
  const {
    host = "127.0.0.1",
    http = {},
    microservice = {},
    routing = {},
    drain = {},
    consul = {},
    peers = {},
    log = {},
  } = options;
  expectKnown("http", http, known.http);
  if (microservice !== false) {
    expectKnown("microservice", microservice, known.microservice);
    expectKnown("microservice.limits", microservice.limits ?? {}, known.limits);
  }
  expectKnown("routing", routing, known.routing);
  expectKnown("drain", drain, known.drain);
  expectKnown("consul", consul, known.consul);
  expectKnown("peers", peers, known.peers);
  expectPeerSecurity(peers);
  if (peers.heartbeatMs !== undefined) expectPositive("peers.heartbeatMs", peers.heartbeatMs);
  const { busyPollUs = availableParallelism() > 1 ? 100 : 0 } = peers;
  expectMicroseconds("peers.busyPollUs", busyPollUs);
  if (peers.identityKeys !== undefined) expectIdentityKeys("peers.identityKeys", peers.identityKeys);
  if (typeof host !== "string" || host === "") throw badOption("host", host, "an address");
  const name = expectTargetName("name", options.name);
  const version = expectVersion(options.version);
  return {
    name,
    version,
    host,
    advertise: options.advertise ?? (everyAddress.has(host) ? hostname() : host),
    http: {
      port: expectPort("http.port", http.port ?? 0, 0),
      maxBodyBytes: expectPositive("http.maxBodyBytes", http.maxBodyBytes ?? mebibyte),
    },
    microservice:
      microservice === false
        ? undefined
        : {
            port: expectPort("microservice.port", microservice.port ?? 0, 0),
            limits: resolveTransportLimits(microservice.limits),
          },
    peers: { ...peers, busyPollUs },
    zone: expectText("zone", options.zone, "the name of a zone"),
    consul,
    dns: options.dns && expectNoSnapshot(resolveDnsOptions(options.dns), routing.snapshot),
    modules: expectList("modules", options.modules).map(expectModule),
    contracts: expectList("contracts", options.contracts).map((each, index) =>
      expectImplementation(`contracts[${index}]`, each, { name, version }),
    ),
    forceContracts: expectSwitch("forceContracts", options.forceContracts ?? false),
    callQueue: options.callQueue && resolveCallQueue(expectKnown("callQueue", options.callQueue, known.callQueue)),
    cache: options.cache && resolveCacheOptions(expectKnown("cache", options.cache, known.cache)),
    parts: expectList("parts", options.parts).map(expectPart),
    log: expectLog(log),
    timeoutMs: expectPositive("timeoutMs", options.timeoutMs ?? 5_000),
    servicesRefreshMs: expectPositive("routing.servicesRefresh", routing.servicesRefresh ?? 12_000),
    balance: routing.balance,
    slowStartMs: expectDuration("routing.slowStartMs", routing.slowStartMs ?? 10_000),
    policies: expectObject("policies", options.policies ?? {}),
    chaos: expectSwitch("chaos", options.chaos ?? false),
    keepUnlistedMs: expectDuration("routing.keepUnlistedMs", routing.keepUnlistedMs ?? 600_000),
    snapshot: expectText("routing.snapshot", routing.snapshot, "the path of a file"),
    seneca: options.seneca ?? {},
    startTimeoutMs: expectPositive("startTimeoutMs", options.startTimeoutMs ?? 30_000),
    noticeMs: expectDuration("drain.noticeMs", drain.noticeMs ?? 1_000),
    graceMs: expectDuration("drain.graceMs", drain.graceMs ?? 10_000),
  };
}

/** DNS gives nothing that a snapshot could stand in for: instances are asked anew. */
function expectNoSnapshot(dns: ResolvedDnsOptions, snapshot: string | undefined): ResolvedDnsOptions {
  if (snapshot === undefined) return dns;
  throw badOption("routing.snapshot", snapshot, "left out where instances are found by DNS");
}

function resolveCallQueue({ broker, serve = true, prefer = false }: CallQueueOptions): Required<CallQueueOptions> {
  if (typeof broker?.rpc !== "function") throw badOption("callQueue.broker", broker, "a rabbit part");
  return {
    broker,
    serve: expectSwitch("callQueue.serve", serve),
    prefer: expectSwitch("callQueue.prefer", prefer),
  };
}

function expectVersion(version: unknown): string {
  if (isVersion(version)) return version;
  throw badOption("version", version, 'a semver such as "1.2.3"');
}

function expectText(name: string, value: unknown, expected: string): string | undefined {
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  throw badOption(name, value, expected);
}

/** A name that is written wrong would otherwise be an option that is silently not there. */
/** @throws VastifyError `invalid_argument`, reason `bad_option`, for an option that is not one of `names` */
export function expectKnown<Given>(name: string, given: Given, names: readonly string[]): Given {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw badOption(name, given, "an object of options");
  const unknown = Object.keys(given).find((key) => !names.includes(key));
  if (unknown !== undefined)
    throw badOption(`${name}'s option ${JSON.stringify(unknown)}`, "unknown", `one of ${names.join(", ")}`);
  return given;
}

function expectList<T>(name: string, value: readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw badOption(name, value, "a list");
}

function expectPart(part: Part, index: number): Part {
  const { name, start, stop } = (part ?? {}) as Partial<Part>;
  if (typeof name === "string" && typeof start === "function" && typeof stop === "function") return part;
  throw badOption(`parts[${index}]`, part, "a part: name, start() and stop()");
}

function expectLog(log: Logger | LogOptions): Logger | LogOptions {
  if ("info" in log) return log;
  const { level, format } = log as LogOptions;
  if (level !== undefined && !logLevels.includes(level))
    throw badOption("log.level", level, `one of ${logLevels.join(", ")}`);
  if (format !== undefined && format !== "pretty" && format !== "json")
    throw badOption("log.format", format, "pretty or json");
  return log;
}

function expectPositive(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  throw badOption(name, value, "a number above 0");
}

function expectDuration(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0) return value;
  throw badOption(name, value, "a number of milliseconds, 0 or more");
}

function expectMicroseconds(name: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value <= 1_000) return;
  throw badOption(name, value, "a number of microseconds from 0 to 1,000");
}

function expectObject<T extends object>(name: string, value: T): T {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw badOption(name, value, "an object");
}

/** Without values: they are secrets. */
function expectPeerSecurity({ secret, tls }: PeerOptions): void {
  if (secret !== undefined && (typeof secret !== "string" || secret === ""))
    throw badOption("peers.secret", secret === "" ? "" : `a ${typeof secret}`, "a text that is not empty");
  if (tls === undefined) return;
  expectKnown("peers.tls", tls, known.tls);
  for (const name of ["cert", "key"] as const)
    if (typeof tls[name] !== "string" || tls[name] === "")
      throw badOption(`peers.tls.${name}`, `a ${typeof tls[name]}`, "a text in PEM");
  try {
    createSecureContext(tls);
  } catch (error) {
    throw badOption("peers.tls", (error as Error).message, "a certificate and its key in PEM");
  }
}

export function expectSwitch(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw badOption(name, value, "true or false");
}

function expectModule(module: ServiceModule, index: number): ServiceModule {
  const plugin: unknown = module?.plugin;
  if (typeof plugin === "function" || (typeof plugin === "object" && plugin !== null)) return module;
  throw badOption(`modules[${index}].plugin`, plugin, "a Seneca plugin");
}

/** Callers of a contract ask for its target and for its version or a newer compatible one: the service must be that. */
function expectImplementation(
  where: string,
  implementation: Implementation,
  service: { name: string; version: string },
): Implementation {
  const { contract, handlers } = (implementation ?? {}) as Partial<Implementation>;
  if (!contract || !handlers) throw badOption(where, implementation, "a contract and its handlers: implement(…)");
  if (contract.target !== service.name)
    throw badOption(`${where}.target`, contract.target, `the service's name ${service.name}`);
  if (versionsFor([service.version], `^${contract.version}`).length === 0)
    throw badOption(`${where}.version`, contract.version, `one that version ${service.version} of the service keeps`);
  return implementation;
}
