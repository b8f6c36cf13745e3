import { z } from "zod";
import type { ConsulHandle } from "./consul-client.js";

export interface EndpointHolder {
  readonly id: string;
  readonly alive: boolean;
}

export interface EndpointQuestion {
  readonly consul: ConsulHandle;
  /** What `GET /v1/agent/services` gave. */
  readonly services: Readonly<Record<string, unknown>>;
  readonly host: string;
  readonly port: number;
  /** Who asks. */
  readonly id: string;
}

const serviceShape = z.object({ ID: z.string(), Address: z.string().optional(), Port: z.number().optional() });
const checkShape = z.object({ ServiceID: z.string().optional(), Status: z.string() });
const healthShape = z.object({ instance: z.string() });

/**
 * Who else is registered at an address and port. An entry outlives its process by up to a minute, so whether the
 * holder is alive is found out by asking the endpoint who it is; one that doesn't say is judged by its checks.
 */
export async function holderOf(question: EndpointQuestion): Promise<EndpointHolder | undefined> {
  const { consul, services, host, port, id } = question;
  const other = Object.values(services)
    .map((service) => serviceShape.safeParse(service).data)
    .find((service) => service && service.Address === host && service.Port === port && service.ID !== id);
  if (!other) return undefined;

  const answer = await askWhoItIs(host, port);
  if (answer === "nobody" || answer === id) return { id: other.ID, alive: false };
  if (answer !== "unsaid") return { id: other.ID, alive: answer === other.ID };
  const checks = await consul.api.agent.check.list();
  const own = Object.values(checks)
    .map((check) => checkShape.safeParse(check).data)
    .filter((check) => check?.ServiceID === other.ID);
  return { id: other.ID, alive: own.every((check) => check?.Status !== "critical") };
}

/** The instance that answers there, `unsaid` when something answers without telling, `nobody` when nothing does. */
async function askWhoItIs(host: string, port: number): Promise<string> {
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/health`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000), redirect: "manual" });
    const body: unknown = await response.json().catch(() => undefined);
    return healthShape.safeParse(body).data?.instance ?? "unsaid";
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? "unsaid" : "nobody";
  }
}
