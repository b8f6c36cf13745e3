// A service that reads through a cache: node service-child.mjs REDIS_URL
import { createService } from "vastify";
import { createRegistry } from "vastify/devtools";
import { redisCache } from "vastify/storage/cache";
import { answerParent } from "../../support/child.mjs";

const lines = [];
const note = (message) => void lines.push(message);
const log = { debug() {}, info: note, warn: note, error: note };
const cache = redisCache({ url: process.argv[2], commandTimeoutMs: 200, leaseMs: 500 });
let loads = 0;

answerParent({
  async start() {
    const registry = createRegistry({ port: 0 });
    await registry.start({ signal: new AbortController().signal, log });
    const things = {
      plugin: function things() {
        this.add("module:thing,if:load", async ({ args }) =>
          cache.load(
            `thing:${args.params.id}`,
            async () => {
              loads++;
              return { id: args.params.id };
            },
            { ttlMs: 2_000, tags: ["things"] },
          ),
        );
      },
      routes: {
        prefix: "/thing",
        pin: "module:thing,if:*",
        map: { load: { GET: true, name: "", suffix: "/:id" } },
      },
    };
    const service = createService({
      ...{ name: "things", version: "1.0.0", consul: { address: registry.url }, log },
      ...{ parts: [cache], modules: [things] },
    });
    await service.start();
    return service.addresses.http;
  },
  loads: () => loads,
  said: () => lines.filter((line) => line.startsWith("Redis ")),
});
