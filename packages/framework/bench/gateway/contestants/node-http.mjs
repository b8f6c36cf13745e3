import { once } from "node:events";
import { createServer } from "node:http";
import { recordOf } from "../record.mjs";

/** It answers by itself: no hop, no framework. */
export async function startGateway() {
  const server = createServer((request, response) => {
    const text = JSON.stringify(recordOf(request.url.slice("/bench/".length)));
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port };
}
