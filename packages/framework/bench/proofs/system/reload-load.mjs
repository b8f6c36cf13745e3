import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../../support/stats.mjs";

const healthEveryMs = 200;
const keptErrors = 5;

/**
 * Sends requests at a fixed rate, whether or not the earlier ones were answered, over kept connections; a client
 * that tries nothing twice. Among several gateways it takes turns, and leaves one out while its /health is not 200, as
 * a balancer does. With `resends` it does as browsers do: a GET whose kept connection turns out to be closed is sent again.
 * @param {{ gateways: string[], rate: number, resends?: boolean,
 *   plan: (n: number) => { method?: string, path: string, body?: object } }} options
 */
export function startLoad({ gateways, rate, plan, resends = false }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 50, scheduling: "fifo" });
  const healthy = new Set(gateways);
  const latencies = [];
  const failures = new Map();
  const errors = [];
  const waiting = new Set();
  let sent = 0;
  let movedOn = 0;
  let resent = 0;
  const stopping = new AbortController();

  function gatewayFor(turn) {
    const candidates = healthy.size > 0 ? [...healthy] : gateways;
    return candidates[turn % candidates.length];
  }

  async function ask(n) {
    const asked = plan(n);
    const startedAt = performance.now();
    let why = await exchange(agent, gatewayFor(n), asked);
    if (why?.code === "ECONNREFUSED" && gateways.length > 1) {
      movedOn += 1;
      why = await exchange(agent, gatewayFor(n + 1), asked);
    }
    if (resends && why?.isClosedBefore && (asked.method ?? "GET") === "GET") {
      resent += 1;
      why = await exchange(false, gatewayFor(n), asked);
    }
    latencies.push(performance.now() - startedAt);
    if (why === undefined) return;
    const what = `${asked.method ?? "GET"} ${why.text}`;
    failures.set(what, (failures.get(what) ?? 0) + 1);
    if (errors.length < keptErrors)
      errors.push(`after ${Math.round(startedAt - begun)} ms: ${asked.path}: ${why.text}`);
  }

  async function watchHealth(gateway) {
    const own = new Agent();
    while (!stopping.signal.aborted) {
      const problem = await exchange(own, gateway, { path: "/health" });
      if (problem) healthy.delete(gateway);
      else healthy.add(gateway);
      await sleep(healthEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const begun = performance.now();
  const send = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * rate);
    for (; sent < due; sent++) {
      const answer = ask(sent).finally(() => waiting.delete(answer));
      waiting.add(answer);
    }
  }, 2);
  const watching = gateways.length > 1 ? gateways.map(watchHealth) : [];

  return {
    /** How long it runs. */
    get seconds() {
      return (performance.now() - begun) / 1000;
    },
    /** Sends no more, waits for the answers, and gives the figures. */
    async stop() {
      clearInterval(send);
      await Promise.all(waiting);
      const seconds = (performance.now() - begun) / 1000;
      stopping.abort();
      await Promise.all(watching);
      agent.destroy();
      latencies.sort((a, b) => a - b);
      const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
      return {
        requests: sent,
        failed,
        perSecond: Math.round(sent / seconds),
        p50Ms: Math.round(percentile(latencies, 0.5)),
        p99Ms: Math.round(percentile(latencies, 0.99)),
        ...(gateways.length > 1 && { movedOn }),
        ...(resends && { resent }),
        ...(failed > 0 && { failures: Object.fromEntries(failures), errors }),
      };
    },
  };
}

/** Those that have carried a request. Node.js tells it of a request only if that did not wait for its connection. */
const usedSockets = new WeakSet();

/** What went wrong with a request, if anything did. */
async function exchange(agent, origin, { method = "GET", path, body }) {
  const text = body && JSON.stringify(body);
  const headers = text ? { "content-type": "application/json", "content-length": Buffer.byteLength(text) } : {};
  const asked = request(origin + path, { agent, method, headers, timeout: 20_000 });
  let isReused = false;
  try {
    asked.once("socket", (socket) => {
      isReused = usedSockets.has(socket);
      usedSockets.add(socket);
    });
    asked.once("timeout", () => asked.destroy(new Error("no answer within 20 s")));
    asked.on("error", () => {});
    asked.end(text);
    const [response] = await once(asked, "response");
    let answer = "";
    for await (const chunk of response.setEncoding("utf8")) answer += chunk;
    return response.statusCode < 300 ? undefined : { text: `${response.statusCode} ${answer.slice(0, 200)}` };
  } catch (error) {
    const isClosedBefore = isReused && error.code === "ECONNRESET";
    return {
      code: error.code,
      isClosedBefore,
      text: `${error.message} on a ${isReused ? "kept" : "new"} connection`,
    };
  }
}
