import { createService } from "vastify";
import { createRegistry } from "vastify/devtools";
import { addPatterns, messagesFor } from "../patterns.mjs";

/** A started service, registered; every call with its deadline and its trace id. */
export async function create({ patterns = 0 } = {}) {
  const registry = createRegistry({ port: 0 });
  await registry.start({ signal: new AbortController().signal, log: console });
  const consul = { address: registry.url };
  const service = createService({ name: "bench", version: "1.0.0", consul, log: { level: "error" } });
  const waiting = [];
  service.add("cmd:echo", (message, reply) => reply(null, message.data));
  service.add("cmd:echo-async", async (message) => message.data);
  service.add("cmd:nested", function (message, reply) {
    this.act({ cmd: "echo", data: message.data }, reply);
  });
  service.add("cmd:nested-post", async function (message) {
    return this.post({ cmd: "echo", data: message.data });
  });
  service.add("cmd:wait", (_message, reply) => waiting.push(reply));
  addPatterns(service, patterns);
  await service.start();

  const messages = messagesFor(patterns);
  let next = 0;
  return {
    calls: {
      echo: (data) => service.act({ cmd: "echo", data }),
      "echo-async": (data) => service.act({ cmd: "echo-async", data }),
      nested: (data) => service.act({ cmd: "nested", data }),
      "nested-post": (data) => service.act({ cmd: "nested-post", data }),
      patterns(data) {
        const { module, if: action } = messages[next++ % messages.length];
        return service.act({ module, if: action, data });
      },
    },
    /** Begins so many calls that end only when the function it gives is called. */
    hold(count) {
      const pending = Array.from({ length: count }, () => service.act({ cmd: "wait" }, { timeoutMs: 120_000 }));
      return async () => {
        for (const reply of waiting.splice(0)) reply(null, { ok: true });
        await Promise.all(pending);
      };
    },
  };
}
