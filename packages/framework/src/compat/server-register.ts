import { badOption, expectPort } from "../core/index.js";
import { connectConsul, createRegistration } from "../discovery/index.js";
import { asLogger } from "../telemetry/index.js";
import { type ConsulServer, consulOptionsOf } from "./config.js";
import { Logger } from "./logger.js";

export interface BizService {
  /** The target. */
  name: string;
  /** The address that others reach it at. */
  host: string;
  /** Where it serves REST and `/health`. */
  port: number;
  meta: {
    /** Semver. */
    $$version: string;
    /** Where it answers calls. */
    $$microservicePort: number;
    /** Written into the check's Notes too. */
    readonly [key: string]: unknown;
  };
  /** @default [] */
  tags?: readonly string[];
}

export interface RegisterOptions {
  /** @default Consul at 127.0.0.1:8500 */
  consulServer?: ConsulServer;
  bizService: BizService;
}

export interface RegisteredService {
  /** `name@uuid`, as Consul knows it. */
  readonly id: string;
  readonly name: string;
  /** Takes it out of Consul. Safe to call twice. */
  deregister(): Promise<void>;
}

const patienceMs = 30_000;

/**
 * Registers an endpoint with its `/health` check. It comes back by itself when Consul forgets it, and leaves on SIGINT
 * and SIGTERM.
 *
 * Unlike `createService` it can't know whether the endpoint answers yet: Consul finds out by the check.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the field; `already_exists`, reason
 * `endpoint_taken`; `unavailable`, reason `registry_unreachable`, after 30 s without Consul
 */
async function register(options: RegisterOptions): Promise<RegisteredService> {
  const { consulServer, bizService } = options ?? {};
  if (typeof bizService !== "object" || bizService === null) {
    throw badOption("bizService", bizService, "an object with name, host, port and meta");
  }
  const { name, host, port, meta, tags = [] } = bizService;
  if (typeof meta !== "object" || meta === null) {
    throw badOption("bizService.meta", meta, "an object with $$version and $$microservicePort");
  }
  // These two mean something to today's readers of Notes that a 2018 process doesn't do.
  const { description: _description, protocols: _protocols, ...notes } = meta;
  const log = asLogger(Logger.generateLogger());
  const registration = createRegistration({
    consul: connectConsul(consulOptionsOf(consulServer)),
    registrant: {
      name,
      host,
      httpPort: port,
      version: meta.$$version,
      microservicePort: expectPort("$$microservicePort", meta.$$microservicePort),
      tags,
      notes,
    },
    log,
  });
  await withinPatience((signal) => registration.register(signal));
  log.info(`${name} is registered as ${registration.id}`);

  let leaving: Promise<void> | undefined;
  const deregister = (): Promise<void> => {
    leaving ??= registration.deregister().finally(stopListening);
    return leaving;
  };
  const stopListening = leaveOnSignals(deregister);
  return { id: registration.id, name, deregister };
}

/** The timer holds the process open: while Consul is awaited, nothing else may. */
async function withinPatience(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), patienceMs);
  try {
    await work(control.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The signal is raised again afterwards when nobody else listens for it, so that the process still ends by it. */
function leaveOnSignals(deregister: () => Promise<void>): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const leave = (signal: NodeJS.Signals): void => {
    void deregister().then(() => {
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  };
  for (const signal of signals) process.on(signal, leave);
  return () => {
    for (const signal of signals) process.off(signal, leave);
  };
}

/** 2018's registration, usable as `ServerRegister.register(…)` and on an instance. */
export class ServerRegister {
  static readonly register = register;
  readonly register = register;
}
