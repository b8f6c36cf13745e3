// The process under attack: a whole service, found through a development registry of its own.
import { setTimeout as delay } from "node:timers/promises";
import { createService } from "vastify";
import { createRegistry } from "vastify/devtools";
import { answerParent } from "../../support/child.mjs";
import { watchFaults } from "./faults.mjs";

/** The one failure that is meant to happen, and to be logged. */
const meant = new Error("secret");
const faults = watchFaults(meant);
const { log } = faults;

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
  faults: faults.list,
});
