import { randomUUID } from "node:crypto";
import { z } from "zod";
import { backoffMs, delay, type Logger, silentLogger, VastifyError } from "../core/index.js";
import { type ConsulHandle, consulError, expectAnswer, statusOf } from "./consul-client.js";
import { type EndpointHolder, holderOf } from "./endpoint-holder.js";
import { consulService, expectRegistrant, type Registrant } from "./registrant.js";

const renewJitterMs = 500;

/** What `GET /v1/agent/services` gives, by id. */
const servicesShape = z.record(z.string(), z.unknown());

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
   * @param inBackground once it resolves, `register` does too: it then goes on until it succeeds, and a refusal is
   * logged and tried again
   */
  register(signal: AbortSignal, inBackground?: Promise<void>): Promise<void>;
  /** Looks at once, give or take half a second, whether Consul still knows us. */
  renewNow(): void;
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
  let nap = new AbortController();
  let registering: Promise<void> = Promise.resolve();

  const put = () => consul.api.agent.service.register(service);
  const list = async () => expectAnswer(servicesShape, await consul.api.agent.service.list(), "a list of services");

  async function registerOnce(): Promise<void> {
    const services = await list();
    const holder = await holderOf({ consul, services, host: registrant.host, port: registrant.httpPort, id });
    if (holder?.alive) throw endpointTaken(registrant, holder);
    if (holder) {
      log.info(`${holder.id} is gone but still registered at our address; taking it out`);
      await consul.api.agent.service.deregister({ id: holder.id });
    }
    await put();
  }

  /** Only an unreachable Consul is worth waiting for; a refusal is final, as long as somebody waits to hear of it. */
  async function untilRegistered(isAwaited: () => boolean, signal: AbortSignal): Promise<void> {
    let told = "";
    for (let attempt = 0; ; attempt++) {
      try {
        await registerOnce();
        if (attempt > 0) log.info(`registered as ${id}, as Consul answers now`);
        return;
      } catch (thrown) {
        const error = VastifyError.is(thrown) ? thrown : consulError(thrown, consul, "the registration");
        const isRefusal = error.code !== "unavailable";
        if (signal.aborted || (isRefusal && isAwaited())) throw error;
        if (told !== error.message) log[isRefusal ? "error" : "warn"](`${error.message}; trying until it works`);
        told = error.message;
        await delay(250 + backoffMs(attempt, { baseMs: 250, maxMs: 2_000 }), signal);
        if (signal.aborted) throw error;
      }
    }
  }

  /** Consul forgets everybody when it restarts empty; services come back within one round. */
  async function renew(): Promise<void> {
    let lost = false;
    for (;;) {
      await delay(renewMs, nap.signal);
      if (nap.signal.aborted && !lifetime.signal.aborted) {
        nap = new AbortController();
        // Hundreds of services hear of Consul's return at once.
        await delay(Math.random() * renewJitterMs, lifetime.signal);
      }
      if (lifetime.signal.aborted) return;
      try {
        const services = await list();
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
    async register(signal, inBackground) {
      let isAwaited = true;
      const background = inBackground?.then(() => {
        isAwaited = false;
      });
      const registered = untilRegistered(() => isAwaited, AbortSignal.any([signal, lifetime.signal]));
      registering = registered.then(renew, () => {});
      await Promise.race(background ? [registered, background] : [registered]);
    },
    renewNow: () => nap.abort(),
    async deregister() {
      lifetime.abort();
      nap.abort();
      await registering;
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
