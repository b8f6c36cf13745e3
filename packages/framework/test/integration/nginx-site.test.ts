import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as requestTls } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findFreePorts, type RunningNginx, startNginx } from "@vastify/backends";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defineSystem, type EdgeDeclaration, nginxSite } from "../../src/deploy/index.js";
import { nginxProgram } from "../../src/devtools/nginx/nginx-program.js";
import { createSite, type Site } from "../../src/devtools/nginx/site.js";
import { until } from "../support/services.js";

describe("nginx with our site, in front of a server", () => {
  let nginx: RunningNginx;
  let site: Site;
  let plainPort: number;
  let tlsPort: number;
  let echo: Server;
  let upstreamPort: number;
  let secondEvent: () => void;

  beforeAll(async () => {
    nginx = await startNginx();
    site = createSite(join(nginx.sites, "shop.conf"), nginxProgram(nginx.command));
    [plainPort, tlsPort] = (await findFreePorts(2)) as [number, number];
    const firstWasSeen = new Promise<void>((resolve) => {
      secondEvent = resolve;
    });
    echo = createEcho(firstWasSeen).listen(0, "127.0.0.1");
    await once(echo, "listening");
    upstreamPort = (echo.address() as AddressInfo).port;
    await site.install(siteWith({ tls: { ...(await nginx.makeCertificate()), port: tlsPort } }));
    // A reload is a signal: the new workers listen some time after it.
    await until(async () => (await get("/")).statusCode === 200, "the site is served");
  });
  afterAll(async () => {
    await nginx?.stop();
    echo?.closeAllConnections();
    echo?.close();
  });

  function siteWith(edge: Partial<EdgeDeclaration>, deadPorts: readonly number[] = []): string {
    const services = { gateway: { entry: "main.js", version: "1.0.0", httpPort: 3000 } };
    const declared = { service: "gateway", httpPort: plainPort, ...edge };
    const system = defineSystem({ name: "shop", services, edge: declared });
    if (!system.edge) throw new Error("there is no edge");
    const ports = [...deadPorts, upstreamPort];
    const endpoints = ports.map((port) => ({ host: "127.0.0.1", port }));
    return nginxSite(system.name, system.edge, endpoints);
  }

  async function get(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const asked = requestTls({ host: "127.0.0.1", port: tlsPort, path, headers, rejectUnauthorized: false }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return response;
  }

  it("sends plain HTTP to HTTPS", async () => {
    const asked = request({ host: "127.0.0.1", port: plainPort, path: "/user?limit=5" }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(308);
    expect(response.headers.location).toBe(`https://127.0.0.1:${tlsPort}/user?limit=5`);
  });

  it("tells the gateway who asks and how, whatever the client claims", async () => {
    const seen = JSON.parse(await text(await get("/", { "x-forwarded-for": "10.9.9.9", "x-forwarded-proto": "ftp" })));
    expect(seen).toMatchObject({
      host: `127.0.0.1:${tlsPort}`,
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": `127.0.0.1:${tlsPort}`,
    });
    expect(seen).not.toHaveProperty("connection", "close");
  });

  it("speaks HTTP/2", async () => {
    const session = connectHttp2(`https://127.0.0.1:${tlsPort}`, { rejectUnauthorized: false });
    const stream = session.request({ ":path": "/" });
    const [headers] = (await once(stream, "response")) as [{ ":status": number }];
    expect(headers[":status"]).toBe(200);
    expect(JSON.parse(await text(stream))).toHaveProperty("x-forwarded-proto", "https");
    session.close();
  });

  it("hands on a WebSocket's upgrade, in both directions", async () => {
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    const asked = requestTls({ host: "127.0.0.1", port: tlsPort, headers, rejectUnauthorized: false }).end();
    const [, socket] = (await once(asked, "upgrade")) as [IncomingMessage, NodeJS.ReadWriteStream];
    socket.write("hello");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toBe("hello");
    asked.destroy();
  });

  it("hands on each event when it comes", async () => {
    const response = await get("/events");
    const events: string[] = [];
    for await (const chunk of response.setEncoding("utf8")) {
      events.push(chunk as string);
      // Only now does the server send the next one.
      secondEvent();
    }
    expect(events.join("")).toBe("data: first\n\ndata: second\n\n");
  });

  it("answers though two of the instances that it knows are dead", async () => {
    // Listed first, so they are tried first; nobody listens there.
    const withDead = siteWith({ tls: { ...(await nginx.makeCertificate()), port: tlsPort } }, [1, 10]);
    await site.install(withDead);
    const statuses = new Set<number | undefined>();
    await until(async () => {
      const response = await get("/");
      response.resume();
      statuses.add(response.statusCode);
      return (await nginx.errors()).includes("http://127.0.0.1:10/");
    }, "nginx asked a dead instance");
    expect([...statuses]).toEqual([200]);
  });

  it("goes on with what it had when a new site is wrong", async () => {
    const file = join(nginx.sites, "shop.conf");
    const before = await readFile(file, "utf8");
    const wrong = siteWith({ tls: { certificate: "/no/such.pem", key: "/no/such.key", port: tlsPort } });
    await expect(site.install(wrong)).rejects.toMatchObject({ reason: "nginx_refused" });
    await expect(site.install(wrong)).rejects.toThrow("/no/such.pem");
    expect(await readFile(file, "utf8")).toBe(before);
    expect((await get("/")).statusCode).toBe(200);
  });
});

/** Says which headers came, echoes what comes after an upgrade, and streams two events. */
function createEcho(firstWasSeen: Promise<void>): Server {
  const server = createServer((asked, response) => {
    if (asked.url !== "/events") return void response.end(JSON.stringify(asked.headers));
    response.writeHead(200, { "content-type": "text/event-stream", "x-accel-buffering": "no" });
    response.write("data: first\n\n");
    void firstWasSeen.then(() => response.end("data: second\n\n"));
  });
  server.on("upgrade", (_asked, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  return server;
}
