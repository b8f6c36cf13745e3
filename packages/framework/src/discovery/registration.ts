import { randomUUID } from "node:crypto";
import semver from "semver";
import {
  backoffMs,
  badOption,
  delay,
  expectPort,
  expectTargetName,
  type Logger,
  silentLogger,
  VastifyError,
} from "../core/index.js";
import { type ConsulHandle, consulError, statusOf } from "./consul-client.js";
import { serviceTag } from "./directory.js";
import { type EndpointHolder, holderOf } from "./endpoint-holder.js";
import { writeNotes } from "./notes.js";

export interface Registrant {
  /** The target. */
  name: string;
  /** The address that others reach it at. */
  host: string;
  /** Where it serves REST and `/health`. */
  httpPort: number;
  /** Where it answers calls; null for a service that answers none. */
  microservicePort: number | null;
  /** Semver. */
  version: string;
  /** @default `name@` and a random UUID */
  id?: string;
  /** Added to the tag `vastify`. @default [] */
  tags?: readonly string[];
  /** What the microservice port speaks besides Seneca's HTTP protocol. @default [] */
  protocols?: readonly string[];
  /** Equal for instances whose routes and actions are the same. */
  description?: string;
  /** Where it runs, such as a rack or an availability zone: callers of the same zone may prefer it. @default none */
  zone?: string;
  /** More keys for the check's Notes, for readers who know them; they never replace the contract's own. @default {} */
  notes?: Readonly<Record<string, unknown>>;
}

export interface RegistrationOptions {
  consul: ConsulHandle;
  registrant: Registrant;
  /** How often we look whether Consul still knows us, in milliseconds. @default 10_000 */
  renewMs?: number;
  /** How often Consul asks `/health`, in seconds. @default 10 */
  checkIntervalSeconds?: number;
  /** @default silentLogger */
  log?: Logger;
}

export interface Registration {
  readonly id: string;
  /**
   * Registers, and from then on comes back by itself when Consul forgot us.
   * @throws VastifyError `already_exists`, reason `endpoint_taken`, when another live service holds our address and
   * port; `unavailable`, reason `registry_unreachable`, when Consul does not answer before `signal` aborts
   */
  register(signal: AbortSignal): Promise<void>;
  /** Takes us out. Never throws: a Consul that is away drops us by its own checks. */
  deregister(): Promise<void>;
}

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the field that is missing or wrong */
export function createRegistration(options: RegistrationOptions): Registration {
  const { consul, renewMs = 10_000, checkIntervalSeconds = 10, log = silentLogger } = options;
  const registrant = expectRegistrant(options.registrant);
  const id = registrant.id ?? `${registrant.name}@${randomUUID()}`;
  const service = consulService(registrant, id, checkIntervalSeconds);
  const lifetime = new AbortController();
  let renewing: Promise<void> = Promise.resolve();

  const put = () => consul.api.agent.service.register(service);

  async function registerOnce(): Promise<void> {
    const services = await consul.api.agent.service.list();
    const holder = await holderOf({ consul, services, host: registrant.host, port: registrant.httpPort, id });
    if (holder?.alive) throw endpointTaken(registrant, holder);
    if (holder) {
      log.info(`${holder.id} is gone but still registered at our address; taking it out`);
      await consul.api.agent.service.deregister({ id: holder.id });
    }
    await put();
  }

  /** Consul forgets everybody when it restarts empty; services come back within one round. */
  async function renew(): Promise<void> {
    let lost = false;
    for (;;) {
      await delay(renewMs, lifetime.signal);
      if (lifetime.signal.aborted) return;
      try {
        const services = await consul.api.agent.service.list();
        if (!(id in services)) {
          await put();
          log.info(`registered again as ${id}: Consul had forgotten us`);
        } else if (lost) log.info("Consul answers again and still knows us");
        lost = false;
      } catch (thrown) {
        if (!lost) log.warn(`${consulError(thrown, consul, "the renewal").message}; trying every ${renewMs} ms`);
        lost = true;
      }
    }
  }

  return {
    id,
    async register(signal) {
      await untilReachable(registerOnce, consul, signal, log);
      if (lifetime.signal.aborted) return;
      renewing = renew();
    },
    async deregister() {
      lifetime.abort();
      await renewing;
      try {
        await consul.api.agent.service.deregister({ id });
      } catch (thrown) {
        if (statusOf(thrown) !== 404) log.warn(consulError(thrown, consul, `to take out ${id}`).message);
      } finally {
        consul.close();
      }
    },
  };
}

/** Only an unreachable Consul is worth waiting for; a refusal is final. */
async function untilReachable(register: () => Promise<void>, consul: ConsulHandle, signal: AbortSignal, log: Logger) {
  for (let attempt = 0; ; attempt++) {
    try {
      await register();
      return;
    } catch (thrown) {
      const error = VastifyError.is(thrown) ? thrown : consulError(thrown, consul, "the registration");
      if (error.code !== "unavailable" || signal.aborted) throw error;
      if (attempt === 0) log.warn(`${error.message}; waiting for it`);
      await delay(250 + backoffMs(attempt, { baseMs: 250, maxMs: 2_000 }), signal);
      if (signal.aborted) throw error;
    }
  }
}

function consulService(registrant: Registrant, id: string, checkIntervalSeconds: number) {
  const {
    name,
    host,
    httpPort,
    microservicePort,
    version,
    tags = [],
    protocols = [],
    description,
    zone,
    notes = {},
  } = registrant;
  return {
    name,
    id,
    address: host,
    port: httpPort,
    tags: [serviceTag, ...tags],
    // Meta's keys may not hold a `$`, so the contract lives in the check's Notes and this is for people.
    meta: { version },
    check: {
      name: `${name} answers /health`,
      http: `http://${host.includes(":") ? `[${host}]` : host}:${httpPort}/health`,
      interval: `${checkIntervalSeconds}s`,
      timeout: "2s",
      deregistercriticalserviceafter: "1m",
      status: "passing",
      notes: writeNotes({
        ...notes,
        $$version: version,
        $$microservicePort: microservicePort,
        ...(protocols.length > 0 && { protocols: [...protocols] }),
        ...(description !== undefined && { description }),
        ...(zone !== undefined && { zone }),
      }),
    },
  };
}

function expectRegistrant(registrant: Registrant): Registrant {
  expectTargetName("name", registrant.name);
  if (typeof registrant.host !== "string" || registrant.host === "") {
    throw badOption("host", registrant.host, "the address that others reach this service at");
  }
  expectPort("port", registrant.httpPort);
  if (registrant.microservicePort !== null) expectPort("$$microservicePort", registrant.microservicePort);
  if (typeof registrant.version !== "string" || semver.valid(registrant.version) === null) {
    throw badOption("$$version", registrant.version, 'a semver such as "1.2.3"');
  }
  if (registrant.zone !== undefined && (typeof registrant.zone !== "string" || registrant.zone === "")) {
    throw badOption("zone", registrant.zone, "the name of a zone");
  }
  return registrant;
}

function endpointTaken(registrant: Registrant, holder: EndpointHolder): VastifyError {
  const endpoint = `${registrant.host}:${registrant.httpPort}`;
  return new VastifyError(
    "already_exists",
    `${endpoint} is already held by ${holder.id}; give ${registrant.name} another port`,
    {
      reason: "endpoint_taken",
      details: { endpoint, holder: holder.id },
    },
  );
}
