import { setTimeout as sleep } from "node:timers/promises";
import { VastifyError } from "vastify";
import { z } from "zod";
import { serviceNames } from "./launcher-config.js";

/** A service as the registry shows it. */
export interface RunningService {
  readonly name: string;
  readonly version: string;
  readonly httpUrl: string;
  /** Where it answers calls; undefined for one that answers none. */
  readonly calls: string | undefined;
}

export interface RegistryAddress {
  /** `host:port` or a URL. */
  readonly address: string;
  readonly token: string | undefined;
}

const notesShape = z.object({ $$version: z.string(), $$microservicePort: z.number().nullable() });
const entriesShape = z.array(
  z.object({
    Service: z.object({ ID: z.string(), Address: z.string(), Port: z.number() }),
    Checks: z.array(z.object({ ServiceID: z.string().optional(), Notes: z.string().optional() })),
  }),
);
type Entry = z.output<typeof entriesShape>[number];

/**
 * The ids of our services that the registry knows already, such as those of another run.
 * @throws VastifyError `unavailable`, reason `registry_unreachable`
 */
export async function knownInstances(registry: RegistryAddress, signal: AbortSignal): Promise<ReadonlySet<string>> {
  try {
    const asked = (limit: AbortSignal) => Promise.all(serviceNames.map((name) => entriesOf(registry, name, limit)));
    const entries = await withinMs(5_000, signal, asked);
    return new Set(entries.flat().map((entry) => entry.Service.ID));
  } catch (cause) {
    signal.throwIfAborted();
    const message = `Consul at ${registry.address} does not answer: start it, or set the right address (CONSUL_HTTP_ADDR)`;
    throw new VastifyError("unavailable", message, { reason: "registry_unreachable", cause });
  }
}

/**
 * Waits until a new instance of each service is in the registry and healthy, and the gateway serves what the others
 * offer.
 * @param before instances that are not ours
 * @throws VastifyError `deadline_exceeded` when `deadlineMs` have passed; what `signal` aborts with
 */
export async function whenServing(
  registry: RegistryAddress,
  before: ReadonlySet<string>,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<readonly RunningService[]> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const limit = AbortSignal.any([signal, deadline]);
  let missing: readonly string[] = serviceNames;
  for (;;) {
    const found = await Promise.all(serviceNames.map((name) => findHealthy(registry, name, before, limit)));
    const services = found.filter((service) => service !== undefined);
    missing = serviceNames.filter((name) => !services.some((service) => service.name === name));
    if (missing.length === 0 && (await servesEverything(services.at(-1)?.httpUrl, limit))) return services;
    signal.throwIfAborted();
    if (deadline.aborted) {
      const what = missing.length > 0 ? missing.join(", ") : "the gateway's routes";
      throw new VastifyError("deadline_exceeded", `not healthy within ${deadlineMs / 1000} s: ${what}`);
    }
    await sleep(100, undefined, { signal: limit }).catch(() => {});
  }
}

async function findHealthy(
  registry: RegistryAddress,
  name: string,
  before: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<RunningService | undefined> {
  const entries = await entriesOf(registry, name, signal).catch(() => []);
  const own = entries.find((entry) => !before.has(entry.Service.ID));
  const service = own && readService(name, own);
  return service && (await isOk(`${service.httpUrl}/health`, signal)) ? service : undefined;
}

/** The addresses that the first lines to try go to. */
async function servesEverything(gateway: string | undefined, signal: AbortSignal): Promise<boolean> {
  return (await isOk(`${gateway}/config`, signal)) && (await isOk(`${gateway}/user?limit=1`, signal));
}

async function entriesOf(registry: RegistryAddress, name: string, signal: AbortSignal): Promise<Entry[]> {
  const base = /^https?:\/\//.test(registry.address) ? registry.address : `http://${registry.address}`;
  const headers = registry.token === undefined ? {} : { "x-consul-token": registry.token };
  const response = await fetch(new URL(`/v1/health/service/${name}?passing=true`, base), { headers, signal });
  if (!response.ok) throw new Error(`the registry answered ${response.status}`);
  return entriesShape.parse(await response.json());
}

function readService(name: string, { Service, Checks }: Entry): RunningService | undefined {
  const notes = Checks.find((check) => check.ServiceID === Service.ID && check.Notes)?.Notes ?? "{}";
  const parsed = notesShape.safeParse(JSON.parse(notes));
  if (!parsed.success) return undefined;
  const { $$version: version, $$microservicePort: port } = parsed.data;
  const host = Service.Address.includes(":") ? `[${Service.Address}]` : Service.Address;
  return {
    name,
    version,
    httpUrl: `http://${host}:${Service.Port}`,
    calls: port === null ? undefined : `${host}:${port}`,
  };
}

async function isOk(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    return await withinMs(2_000, signal, async (limit) => {
      const response = await fetch(url, { signal: limit });
      await response.body?.cancel();
      return response.ok;
    });
  } catch {
    return false;
  }
}

/** Node.js 20 may collect a timeout signal that only another signal waits for, so this one is made by hand. */
async function withinMs<T>(ms: number, signal: AbortSignal, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const giveUp = () => limit.abort(signal.reason ?? new Error(`no answer within ${ms} ms`));
  const timer = setTimeout(giveUp, ms);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}
