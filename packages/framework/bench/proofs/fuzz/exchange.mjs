import { connect } from "node:net";

const patienceMs = 20_000;
/** What is broken may wait for more for ever: after so long without a word our side is closed. */
const silenceMs = 200;

/** A request as it goes over a connection of its own, whatever stands in it. */
export function bytesOf({ method, path, headers, body = Buffer.alloc(0) }) {
  const framing = "transfer-encoding" in headers ? {} : { "content-length": String(body.length) };
  const all = { host: "fuzz", connection: "close", ...framing, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"), body]);
}

/**
 * Sends bytes over a connection of their own, and gives all that is answered.
 * @param {boolean} isWhole whether they are a request that is answered and asks for the connection's end
 * @returns {Promise<string>}
 */
export function exchange({ hostname, port }, bytes, isWhole) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end of the answer to ${bytes.toString("latin1").slice(0, 300)}`));
    }, patienceMs);
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    // What is refused half-way may break off.
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
    if (!isWhole) socket.setTimeout(silenceMs, () => socket.end());
    // A reset leaves no port waiting, of which there are not enough.
    socket.on("end", () => socket.resetAndDestroy());
    socket.write(bytes);
  });
}
