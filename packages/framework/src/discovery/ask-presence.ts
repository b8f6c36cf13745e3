import { connect } from "node:net";
import { askHealth } from "./ask-health.js";
import type { Instance, InstanceEndpoint } from "./instance.js";

/** What an instance itself says to whether it is there; `silent` leaves it open. */
export type Presence = "there" | "gone" | "silent";

const timeoutMs = 1_000;

/** Asks an instance, past Consul, whether it is there and wants work. */
export async function askPresence(instance: Instance, signal: AbortSignal): Promise<Presence> {
  const { id, host, httpPort } = instance;
  const answer = await askHealth(host, httpPort, signal);
  switch (answer.kind) {
    case "silent":
      return "silent";
    case "refused":
      return isPlain(instance) ? askEndpoint(instance.endpoint, signal) : "gone";
    case "answered":
      if (answer.status < 200 || answer.status > 299) return "gone";
      if (answer.instance !== undefined) return answer.instance === id ? "there" : "gone";
      return isPlain(instance) ? askEndpoint(instance.endpoint, signal) : "gone";
  }
}

/** A plain Seneca process, or one of 2018: its `/health`, if it has one, doesn't tell who it is. */
function isPlain(instance: Instance): boolean {
  return instance.description === undefined;
}

function askEndpoint(endpoint: InstanceEndpoint | null, signal: AbortSignal): Promise<Presence> {
  if (endpoint === null) return Promise.resolve("gone");
  return new Promise((resolve) => {
    const socket = connect({ host: endpoint.host, port: endpoint.port });
    const settle = (presence: Presence) => {
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
      resolve(presence);
    };
    const giveUp = () => settle("silent");
    signal.addEventListener("abort", giveUp, { once: true });
    socket.setTimeout(timeoutMs, giveUp);
    socket.once("connect", () => settle("there"));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => settle(code === "ECONNREFUSED" ? "gone" : "silent"));
  });
}
