import { once } from "node:events";
import { connect as connectSocket, createServer } from "node:net";

/** The limit: JSON lines on one connection, everything written in a turn of the event loop as one string. */
export async function startServer() {
  const server = createServer({ noDelay: true }, (socket) => {
    const send = gathered(socket);
    onLines(socket, (line) => {
      const { id, data } = JSON.parse(line);
      send({ id, data });
    });
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port };
}

export async function connect({ port }) {
  const socket = connectSocket({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  const send = gathered(socket);
  const waiting = new Map();
  let nextId = 0;
  onLines(socket, (line) => {
    const { id, data } = JSON.parse(line);
    const resolve = waiting.get(id);
    waiting.delete(id);
    resolve(data);
  });
  return {
    call: (data) =>
      new Promise((resolve) => {
        const id = nextId++;
        waiting.set(id, resolve);
        send({ id, data });
      }),
  };
}

function gathered(socket) {
  let text = "";
  const flush = () => {
    const all = text;
    text = "";
    socket.write(all);
  };
  return (message) => {
    if (text === "") process.nextTick(flush);
    text += `${JSON.stringify(message)}\n`;
  };
}

function onLines(socket, onLine) {
  let rest = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    const text = rest + chunk;
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      onLine(text.slice(start, end));
      start = end + 1;
    }
    rest = text.slice(start);
  });
}
