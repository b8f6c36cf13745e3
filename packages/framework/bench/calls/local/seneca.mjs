import Seneca from "seneca";

export async function create() {
  // The history remembers every call: without it Seneca is a little faster and does not run out of memory.
  const seneca = Seneca({ log: "silent", history: { active: false } });
  const waiting = [];
  seneca.add("cmd:echo", (message, reply) => reply(null, message.data));
  seneca.add("cmd:nested", function (message, reply) {
    this.act({ cmd: "echo", data: message.data }, reply);
  });
  seneca.add("cmd:wait", (_message, reply) => waiting.push(reply));
  await new Promise((resolve) => seneca.ready(resolve));
  const act = (message) =>
    new Promise((resolve, reject) => {
      seneca.act(message, (error, result) => (error ? reject(error) : resolve(result)));
    });
  return {
    calls: {
      echo: (data) => act({ cmd: "echo", data }),
      nested: (data) => act({ cmd: "nested", data }),
    },
    hold(count) {
      const pending = Array.from({ length: count }, () => act({ cmd: "wait", timeout$: 120_000 }));
      return async () => {
        for (const reply of waiting.splice(0)) reply(null, { ok: true });
        await Promise.all(pending);
      };
    },
  };
}
