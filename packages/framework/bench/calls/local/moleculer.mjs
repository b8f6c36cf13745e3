import { ServiceBroker } from "moleculer";

export async function create({ requestTimeout = 0 } = {}) {
  const broker = new ServiceBroker({ logger: false, validator: false, metrics: false, requestTimeout });
  const waiting = [];
  broker.createService({
    name: "bench",
    actions: {
      echo: (ctx) => ctx.params.data,
      echoAsync: async (ctx) => ctx.params.data,
      nested: (ctx) => ctx.call("bench.echo", { data: ctx.params.data }),
      wait: () => new Promise((resolve) => waiting.push(resolve)),
    },
  });
  await broker.start();
  return {
    calls: {
      echo: (data) => broker.call("bench.echo", { data }),
      "echo-async": (data) => broker.call("bench.echoAsync", { data }),
      nested: (data) => broker.call("bench.nested", { data }),
    },
    hold(count) {
      const pending = Array.from({ length: count }, () => broker.call("bench.wait", {}));
      return async () => {
        for (const resolve of waiting.splice(0)) resolve({ ok: true });
        await Promise.all(pending);
      };
    },
  };
}
