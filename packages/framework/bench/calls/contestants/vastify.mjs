import { setTimeout as delay } from "node:timers/promises";
import { createService } from "vastify";
import { createRegistry } from "vastify/devtools";
import { addPatterns } from "../patterns.mjs";

const target = "bench-server";
const log = { level: "error" };

/** The service, and the development registry that it is found through. */
export async function startServer({ patterns = 0, instances = 1 } = {}) {
  const registry = createRegistry({ port: 0 });
  await registry.start({ signal: new AbortController().signal, log: console });
  const service = createService({ name: target, version: "1.0.0", consul: { address: registry.url }, log });
  service.add("cmd:echo", (message, reply) => reply(null, message.data));
  addPatterns(service, patterns);
  await service.start();
  await registerMore(registry.url, instances - 1);
  return { consul: registry.url };
}

export async function connect({ consul }) {
  const client = createService({
    name: "bench-client",
    version: "1.0.0",
    consul: { address: consul },
    microservice: false,
    log,
  });
  await client.start();
  return { call: (data) => client.act({ $$target: target, cmd: "echo", data }) };
}

/** Further instances at the same address: known and picked like others, without a process each. */
async function registerMore(consul, count) {
  if (count < 1) return;
  const own = await ownEntry(consul);
  const { Address, Port, Tags } = own.Service;
  const { Notes } = own.Checks.find((check) => check.Notes);
  for (let i = 0; i < count; i++) {
    const ID = `${target}@more-${i}`;
    const Check = { CheckID: `service:${ID}`, Name: "bench", TTL: "24h", Status: "passing", Notes };
    const response = await fetch(`${consul}/v1/agent/service/register`, {
      method: "PUT",
      body: JSON.stringify({ ID, Name: target, Address, Port, Tags, Check }),
    });
    if (!response.ok) throw new Error(`an instance was not registered: ${await response.text()}`);
  }
}

async function ownEntry(consul) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [entry] = await (await fetch(`${consul}/v1/health/service/${target}?passing=true`)).json();
    if (entry) return entry;
    await delay(50);
  }
  throw new Error("the service did not register");
}
