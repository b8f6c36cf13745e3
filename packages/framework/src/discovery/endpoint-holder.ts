import { z } from "zod";
import { askHealth } from "./ask-health.js";
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

  const answer = await askHealth(host, port);
  if (answer.kind === "refused") return { id: other.ID, alive: false };
  if (answer.kind === "answered" && answer.instance !== undefined) {
    return { id: other.ID, alive: answer.instance === other.ID };
  }
  const checks = await consul.api.agent.check.list();
  const own = Object.values(checks)
    .map((check) => checkShape.safeParse(check).data)
    .filter((check) => check?.ServiceID === other.ID);
  return { id: other.ID, alive: own.every((check) => check?.Status !== "critical") };
}
