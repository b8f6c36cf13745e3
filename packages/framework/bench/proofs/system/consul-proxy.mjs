import { once } from "node:events";
import { createServer, request } from "node:http";

/**
 * Stands between a process and Consul, and counts what it asks.
 * @param {string} address Consul's `host:port`
 */
export async function startConsulProxy(address) {
  const [host, port] = address.split(":");
  const open = new Set();
  const counts = {};
  let total = 0;

  const server = createServer((asked, answer) => {
    const kind = kindOf(asked.url);
    counts[kind] = (counts[kind] ?? 0) + 1;
    total += 1;
    if (asked.url.includes("index=")) open.add(answer);
    const passedOn = request({ host, port, method: asked.method, path: asked.url, headers: asked.headers });
    asked.pipe(passedOn);
    passedOn.on("response", (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    passedOn.on("error", () => answer.destroy());
    answer.on("close", () => {
      open.delete(answer);
      passedOn.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    address: `127.0.0.1:${server.address().port}`,
    /** Requests so far. */
    total: () => total,
    /** The same by what was asked, such as `health/service`. */
    counts: () => ({ ...counts }),
    /** How many blocking queries wait for an answer now. */
    open: () => open.size,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function kindOf(url) {
  return url.split("?")[0].split("/").slice(2, 4).join("/");
}
