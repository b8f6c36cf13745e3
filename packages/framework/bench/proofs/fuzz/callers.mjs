import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const patienceMs = 15_000;

/** Calls rightly, one call after the other, until `isOver`; gives how many calls were made. A wrong answer throws. */
export async function callRightly(port, isOver) {
  const callers = await Promise.all([framedCaller(port), httpCaller(port)]);
  let calls = 0;
  const each = callers.map(async ({ call, close }) => {
    while (!isOver()) {
      const data = { n: ++calls, text: "Zoë 甲 🦊" };
      const result = await Promise.race([call({ cmd: "echo", data }), delay(patienceMs, "no answer", { ref: false })]);
      if (JSON.stringify(result) !== JSON.stringify(data))
        throw new Error(`a right call got ${JSON.stringify(result)}`);
      await delay(2);
    }
    close();
  });
  await Promise.all(each);
  return calls;
}

async function framedCaller(port) {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.write("vastify/1 {}\n");
  await lines.next();
  let id = 0;
  return {
    async call(message) {
      socket.write(`[1,${++id},${JSON.stringify(message)},10000,"right",0]\n`);
      const { value } = await lines.next();
      const [kind, answered, result] = JSON.parse(value ?? "[]");
      return kind === 2 && answered === id ? result : value;
    },
    close: () => socket.destroy(),
  };
}

async function httpCaller(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async call(message) {
      const sent = request({ host: "127.0.0.1", port, path: "/act", method: "POST", agent });
      sent.end(JSON.stringify(message));
      const [response] = await once(sent, "response");
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      return JSON.parse(text);
    },
    close: () => agent.destroy(),
  };
}
