import { once } from "node:events";
import { createServer } from "node:http";
import { Pool } from "undici";

/** The limit of HTTP: node:http and undici with kept-alive connections. */
export async function startServer() {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const text = JSON.stringify(JSON.parse(body).data);
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      response.end(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port };
}

export async function connect({ port }) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64 });
  const headers = { "content-type": "application/json" };
  return {
    async call(data) {
      const { body } = await pool.request({ path: "/echo", method: "POST", headers, body: JSON.stringify({ data }) });
      return body.json();
    },
  };
}
