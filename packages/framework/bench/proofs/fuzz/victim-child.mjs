// The process under attack: a whole service, found through a development registry of its own.
import { setTimeout as delay } from "node:timers/promises";
import { createService } from "vastify";
import { createRegistry } from "vastify/devtools";
import { answerParent } from "../../support/child.mjs";

const faults = [];
const fault = (kind) => (error) => faults.push(`${kind}: ${error?.stack ?? error}`);
process.on("uncaughtException", fault("uncaught exception"));
process.on("unhandledRejection", fault("unhandled rejection"));
process.on("warning", fault("warning"));
/** The one failure that is meant to happen, and to be logged. */
const meant = new Error("secret");
const logged = (text, fields) => {
  if (fields?.err !== meant) fault("logged")(`${text} ${fields?.err?.stack ?? ""}`);
};
const log = { debug() {}, info() {}, warn: logged, error: logged };

answerParent({
  async start() {
    const registry = createRegistry({ port: 0 });
    await registry.start({ signal: new AbortController().signal, log });
    const service = createService({ name: "victim", version: "1.0.0", consul: { address: registry.url }, log });
    service.add("cmd:ping", (_message, reply) => reply(null, { pong: true }));
    service.add("cmd:echo", (message, reply) => reply(null, message.data));
    service.add("cmd:sum", async ({ a, b }) => ({ sum: a + b }));
    service.add("cmd:fail", (_message, reply) => reply(meant));
    service.add("cmd:never", (_message, _reply) => {});
    await service.start();
    return Number(service.addresses.microservice.split(":")[1]);
  },
  async memory() {
    // What is refused lingers for a second.
    await delay(1_500);
    globalThis.gc();
    const { rss, heapUsed } = process.memoryUsage();
    return { rssMb: rss / 1e6, heapMb: heapUsed / 1e6 };
  },
  faults: () => [...faults, ...(Object.keys(Object.prototype).length > 0 ? ["Object.prototype is polluted"] : [])],
});
