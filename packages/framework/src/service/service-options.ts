import type { Implementation } from "../contracts/index.js";
import type { Logger, Part } from "../core/index.js";
import type { ConsulOptions, DnsOptions, ResolvedDnsOptions } from "../discovery/index.js";
import type { SenecaOptions } from "../dispatch/index.js";
import type { Balance, TargetPolicy } from "../routing/index.js";
import type { LogOptions } from "../telemetry/index.js";
import type { CallCarrier, TransportLimits } from "../transport/index.js";
import type { ServiceModule } from "../web/index.js";
import type { CacheOptions, ResolvedCacheOptions } from "./cache-options.js";

export interface HttpOptions {
  /** Where REST and `/health` are served. 0 takes any free port. @default 0 */
  port?: number;
  /** The largest request body, in bytes. @default 1_048_576 */
  maxBodyBytes?: number;
}

export interface MicroserviceOptions {
  /** Where calls are answered. 0 takes any free port. @default 0 */
  port?: number;
  /** What the port takes from its peers. @default those of `TransportLimits` */
  limits?: TransportLimits;
}

/** How processes of one system speak to each other; the same for all of them. */
export interface PeerOptions {
  /** What peers must say before they are answered. @default none: whoever reaches the port may call */
  secret?: string;
  /**
   * Speak TLS on the microservice port: `cert` and `key` in PEM, and the `ca` that peers' certificates come from.
   * With a `ca`, peers must show a certificate too. @default plain
   */
  tls?: { cert: string; key: string; ca?: string };
  /**
   * Secrets of 32 characters and more that sign who a call is made for, such as the gateway's client. The first signs;
   * any of them may have signed what comes. @default none: nobody is told, and nobody's word is taken for it
   */
  identityKeys?: readonly string[];
  /**
   * How often a peer that we called is asked whether it lives, in milliseconds. One that is silent from one question to
   * the next is given up: idempotent calls go elsewhere, if their deadline still allows it. A peer whose event loop is
   * busy for so long is silent too. @default 10_000
   */
  heartbeatMs?: number;
  /**
   * How long the event loop stays awake after something was sent to a peer, in microseconds, since what comes back at once
   * is then had sooner and with less CPU than by sleeping. Where nothing comes so soon it hardly ever does so. 0 is never:
   * where CPU time is rationed. @default 100, on one core 0
   */
  busyPollUs?: number;
}

export interface RegistryOptions extends ConsulOptions {
  /** Added to the tag `vastify`. @default [] */
  tags?: readonly string[];
  /** How often Consul asks `/health`, in seconds. @default 10 */
  checkIntervalSeconds?: number;
  /** How often we look whether Consul still knows us, in milliseconds. @default 10_000 */
  renewMs?: number;
}

export interface ServiceOptions {
  /** The target: what callers put into `$$target`. */
  name: string;
  /** Semver: what callers put into `$$version`. */
  version: string;
  /** The address to listen on. @default "127.0.0.1" */
  host?: string;
  /** The address that others reach this process at. @default `host`, or the host's name when `host` is every address */
  advertise?: string;
  /** @default any free port */
  http?: HttpOptions;
  /** False for a service that answers no calls. @default any free port */
  microservice?: MicroserviceOptions | false;
  /** How it speaks to its peers. @default plain, without a secret */
  peers?: PeerOptions;
  /** Where it runs, such as a rack or an availability zone: callers of the same zone may prefer it. @default none */
  zone?: string;
  /** Where Consul is, and how to register there. @default Consul at 127.0.0.1:8500 */
  consul?: RegistryOptions;
  /** Find others by DNS instead, without Consul: no rules, policies or keys in its KV then. @default by Consul */
  dns?: DnsOptions;
  /** Seneca plugins with their REST routes. @default [] */
  modules?: readonly ServiceModule[];
  /** What it offers with types, each joined with what carries it out by `implement`. @default [] */
  contracts?: readonly Implementation[];
  /**
   * Start though a contract breaks what living instances of the same major version promise: callers may fail.
   * @default false
   */
  forceContracts?: boolean;
  /** Carry calls through RabbitMQ, for processes that can't reach each other. @default over the microservice port only */
  callQueue?: CallQueueOptions;
  /** Where outputs are kept whose actions say so in their contracts (`cache`). @default nowhere: each call runs */
  cache?: CacheOptions;
  /** What is started before and stopped after the service: databases, brokers. @default [] */
  parts?: readonly Part[];
  /** A logger, or how to make one. @default winston on stdout at level `info` */
  log?: Logger | LogOptions;
  /** How long a call may take when its caller doesn't say, in milliseconds. @default 5_000 */
  timeoutMs?: number;
  routing?: {
    /** No view of Consul is older than this, in milliseconds. @default 12_000 */
    servicesRefresh?: number;
    /** How calls are spread over a target's instances, unless its rules in Consul's KV say otherwise. @default "p2c" */
    balance?: Balance;
    /** How long a new instance takes to get its full share of the calls, in milliseconds. @default 10_000 */
    slowStartMs?: number;
    /**
     * How long, at most, instances are used that Consul lists no longer but that still answer, and settings that it has
     * lost, in milliseconds.
     * @default 600_000
     */
    keepUnlistedMs?: number;
    /** A file of this process to keep the known instances and settings in, for a start without Consul. @default none */
    snapshot?: string;
  };
  /**
   * How calls to other services are made, by target, `*` standing for all others: deadlines, retries, hedging,
   * circuits, bulkheads, fallbacks. What `vastify/policies/<target>` in Consul's KV says comes first. @default {}
   */
  policies?: Readonly<Record<string, TargetPolicy>>;
  /** Whether the faults that `vastify/chaos/<target>` in Consul's KV asks for are injected: for staging. @default false */
  chaos?: boolean;
  /** Options for Seneca itself. @default {} */
  seneca?: SenecaOptions;
  /** How long start() may take, in milliseconds. @default 30_000 */
  startTimeoutMs?: number;
  /** How stop() leaves. */
  drain?: {
    /** How long callers get to notice that we left Consul, in milliseconds. @default 1_000 */
    noticeMs?: number;
    /** How long requests in flight get to finish, in milliseconds. @default 10_000 */
    graceMs?: number;
  };
}

export interface CallQueueOptions {
  /** A `rabbit` part of `vastify/messaging`, and one of the service's parts; instances that call each other share its broker. */
  broker: CallCarrier;
  /** Take calls through a queue. With `microservice: false` that is the only way. @default true, false for a gateway */
  serve?: boolean;
  /** Call through their queues also those that have a port, since it can't be reached from here. @default false */
  prefer?: boolean;
}

export interface ResolvedServiceOptions {
  readonly name: string;
  readonly version: string;
  readonly host: string;
  readonly advertise: string;
  readonly http: Required<HttpOptions>;
  readonly microservice: Required<MicroserviceOptions> | undefined;
  readonly peers: PeerOptions & { busyPollUs: number };
  readonly zone: string | undefined;
  readonly consul: RegistryOptions;
  readonly dns: ResolvedDnsOptions | undefined;
  readonly modules: readonly ServiceModule[];
  readonly contracts: readonly Implementation[];
  readonly forceContracts: boolean;
  readonly callQueue: Required<CallQueueOptions> | undefined;
  readonly cache: ResolvedCacheOptions | undefined;
  readonly parts: readonly Part[];
  readonly log: Logger | LogOptions;
  readonly timeoutMs: number;
  readonly servicesRefreshMs: number;
  readonly balance: Balance | undefined;
  readonly slowStartMs: number;
  readonly policies: Readonly<Record<string, TargetPolicy>>;
  readonly chaos: boolean;
  readonly keepUnlistedMs: number;
  readonly snapshot: string | undefined;
  readonly seneca: SenecaOptions;
  readonly startTimeoutMs: number;
  readonly noticeMs: number;
  readonly graceMs: number;
}
