import { createApiKey, createGateway, createService, defineAction, defineContract, implement } from "vastify";
import { createRegistry } from "vastify/devtools";
import { z } from "zod";
import { recordOf } from "../record.mjs";

const log = { level: "error" };
const key = createApiKey({ consumer: "bench" });

const bench = defineContract({
  target: "bench",
  version: "1.0.0",
  actions: {
    find: defineAction({
      access: { level: "public", scopes: ["read"] },
      rest: { method: "GET", path: "/bench/:id" },
      input: z.object({ id: z.int() }),
      output: z.object({ id: z.int(), note: z.string(), active: z.boolean() }),
    }),
  },
});

const module = {
  plugin: function records() {
    this.add("record:load", async ({ args }) => recordOf(args.params.id));
  },
  routes: { prefix: "/bench", pin: "record:*", map: { load: { GET: true, name: "", suffix: "/:id" } } },
};

/** A Seneca module, or with `guarded` a contract whose inputs and outputs are checked. */
export async function startServer({ guarded }) {
  const registry = createRegistry({ port: 0 });
  await registry.start({ signal: new AbortController().signal, log: console });
  const consul = { address: registry.url };
  const offered = guarded
    ? { contracts: [implement(bench, { find: ({ id }) => recordOf(id) })] }
    : { modules: [module] };
  await createService({ name: "bench", version: "1.0.0", consul, log, ...offered }).start();
  return { consul, guarded, key };
}

/** With `guarded` it wants an API key with a scope, counts requests, and describes what it routes. */
export async function startGateway({ consul, guarded, key: { text, ...kept } }) {
  const consumers = { bench: { keys: [{ id: kept.id, hash: kept.hash }], scopes: ["read"] } };
  const rates = [
    { by: "ip", limit: 1e9, windowMs: 60_000 },
    { by: "consumer", limit: 1e9, windowMs: 60_000 },
  ];
  const guards = guarded ? { auth: { keys: { consumers } }, limits: { rates } } : { docs: false };
  const gateway = createGateway({ name: "gateway", version: "1.0.0", consul, log, ...guards });
  await gateway.start();
  return { port: Number(new URL(gateway.addresses.http).port), headers: guarded ? { "x-api-key": text } : {} };
}
