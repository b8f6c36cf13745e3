import { once } from "node:events";
import { connect as connectSocket, createServer } from "node:net";

/** A limit: JSON after its length in four bytes, on one connection that is corked until the turn of the event loop ends. */
export async function startServer() {
  const server = createServer({ noDelay: true }, (socket) => {
    const send = gathered(socket);
    onFrames(socket, ({ id, data }) => send({ id, data }));
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
  onFrames(socket, ({ id, data }) => {
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
  let corked = false;
  const flush = () => {
    corked = false;
    socket.uncork();
  };
  return (message) => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(flush);
    }
    const text = JSON.stringify(message);
    const bytes = Buffer.byteLength(text);
    const frame = Buffer.allocUnsafe(4 + bytes);
    frame.writeUInt32BE(bytes, 0);
    frame.write(text, 4, "utf8");
    socket.write(frame);
  };
}

function onFrames(socket, onFrame) {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      onFrame(JSON.parse(bytes.toString("utf8", at + 4, end)));
      at = end;
    }
    rest = bytes.subarray(at);
  });
}
