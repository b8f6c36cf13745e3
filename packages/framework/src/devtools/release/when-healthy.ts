import { delay } from "../../core/index.js";
import { askHealth } from "../../discovery/index.js";
import type { App } from "./read-apps.js";

const everyMs = 200;

/** Asks an app's `/health` until it says 200. Gives why it doesn't, once `deadline` has come. */
export async function whenHealthy({ env }: App, port: number, deadline: AbortSignal): Promise<string | undefined> {
  const host = hostToAsk(env.HOST ?? process.env.HOST);
  for (;;) {
    const answer = await askHealth(host, port, deadline);
    if (answer.kind === "answered" && answer.status === 200) return undefined;
    const what = answer.kind === "answered" ? `status ${answer.status}` : "no answer";
    if (deadline.aborted) return `is not healthy in time: http://${host}:${port}/health gives ${what}`;
    await delay(everyMs, deadline);
  }
}

/** Who listens at every address is asked at our own. */
function hostToAsk(host: string | undefined): string {
  if (host === undefined || host === "" || host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
