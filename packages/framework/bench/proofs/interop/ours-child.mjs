// A service of ours: node ours-child.mjs '{"consul": URL}'
import { setTimeout as delay } from "node:timers/promises";
import { createService } from "vastify";
import { createRegistry } from "vastify/devtools";
import { answerParent } from "../../support/child.mjs";

const log = { level: "error" };
let registry;
let service;

answerParent({
  async start() {
    registry = createRegistry({ port: 0 });
    await registry.start({ signal: new AbortController().signal, log: console });
    service = createService({ name: "ours", version: "1.0.0", consul: { address: registry.url }, log });
    service.add("cmd:echo", (message, reply) => reply(null, { data: message.data }));
    service.add("cmd:fail", (_message, reply) => reply(new Error("out of stock")));
    await service.start();
    return Number(service.addresses.microservice.split(":")[1]);
  },
  /** Registers a plain Seneca as the library of 2018 did, and waits until it is found. */
  async know(port) {
    const id = "plain@1";
    const Notes = JSON.stringify({ $$version: "1.0.0", $$microservicePort: port });
    const Check = { CheckID: `service:${id}`, Name: "check", TTL: "24h", Status: "passing", Notes };
    const body = JSON.stringify({ ID: id, Name: id, Address: "127.0.0.1", Port: 1, Check });
    const response = await fetch(`${registry.url}/v1/agent/service/register`, { method: "PUT", body });
    if (!response.ok) throw new Error(`it was not registered: ${await response.text()}`);
    for (let attempt = 0; attempt < 100; attempt++) {
      const found = await service.act({ $$target: "plain", cmd: "echo", data: 0 }).catch(() => undefined);
      if (found) return;
      await delay(100);
    }
    throw new Error("it was not found");
  },
  call: (message) =>
    service.act({ $$target: "plain", ...message }).then(
      (result) => ({ result: { data: result?.data } }),
      () => ({ failed: true }),
    ),
});
