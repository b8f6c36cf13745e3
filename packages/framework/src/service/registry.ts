import type { Logger } from "../core/index.js";
import {
  connectConsul,
  createDirectory,
  createDnsDirectory,
  createRegistration,
  createSettings,
  createSnapshot,
  type Directory,
  expectRegistrant,
  noSettings,
  notesOf,
  type Registrant,
  type Settings,
} from "../discovery/index.js";
import { ownProtocol, ownProtocolOverTls } from "../transport/index.js";
import type { ResolvedServiceOptions } from "./service-options.js";

/** Where a service learns of others, and they of it: Consul, or DNS alone. */
export interface Registry {
  readonly directory: Directory;
  readonly settings: Settings;
  /** Makes the process known. @param ports where it listens */
  join(own: OwnPlace): Membership;
}

export interface OwnPlace {
  /** `target@uuid`. */
  readonly id: string;
  readonly ports: { readonly http: number; readonly microservice: number | null };
  /** Of what it offers. */
  readonly description: string;
}

export interface Membership {
  /** As `Registration.register`. */
  register(signal: AbortSignal, inBackground: Promise<void>): Promise<void>;
  /** As `Registration.deregister`. */
  deregister(): Promise<void>;
  /** What `/health` says of the process where nobody else can. */
  readonly notes?: object;
}

export function connectRegistry(options: ResolvedServiceOptions, log: Logger): Registry {
  return options.dns ? byDns(options, log) : byConsul(options, log);
}

function byConsul(options: ResolvedServiceOptions, log: Logger): Registry {
  const { servicesRefreshMs, keepUnlistedMs } = options;
  const consul = connectConsul(options.consul);
  const snapshot = createSnapshot({ path: options.snapshot, log });
  const directory = createDirectory({ consul, servicesRefreshMs, keepUnlistedMs, snapshot, log });
  return {
    directory,
    settings: createSettings({ consul, refreshMs: servicesRefreshMs, keepUnlistedMs, snapshot, log }),
    join(own) {
      const { checkIntervalSeconds, renewMs } = options.consul;
      const registration = createRegistration({
        consul: connectConsul(options.consul),
        registrant: registrantOf(options, own),
        log,
        ...(checkIntervalSeconds !== undefined && { checkIntervalSeconds }),
        ...(renewMs !== undefined && { renewMs }),
      });
      directory.onReturn(registration.renewNow);
      return registration;
    },
  };
}

/** DNS knows an instance by its readiness; the rest it is asked itself. */
function byDns({ keepUnlistedMs, ...options }: ResolvedServiceOptions, log: Logger): Registry {
  const dns = options.dns as NonNullable<ResolvedServiceOptions["dns"]>;
  return {
    directory: createDnsDirectory({ dns, keepUnlistedMs, log }),
    settings: noSettings,
    join: (own) => ({
      notes: notesOf(expectRegistrant(registrantOf({ keepUnlistedMs, ...options }, own))),
      register: async () => {},
      deregister: async () => {},
    }),
  };
}

function registrantOf(options: ResolvedServiceOptions, { id, ports, description }: OwnPlace): Registrant {
  const { name, version, advertise, peers, zone, callQueue } = options;
  return {
    ...{ name, version, id, description },
    host: advertise,
    httpPort: ports.http,
    microservicePort: ports.microservice,
    tags: options.consul.tags ?? [],
    protocols: [peers.tls ? ownProtocolOverTls : ownProtocol],
    ...(callQueue?.serve && { notes: { callQueue: callQueueOf(id) } }),
    ...(zone !== undefined && { zone }),
  };
}

/** The queue of one process: an instance's id, in characters that names at the broker may have. */
export function callQueueOf(instance: string): string {
  return `vastify.calls.${instance.replace("@", ".")}`;
}
