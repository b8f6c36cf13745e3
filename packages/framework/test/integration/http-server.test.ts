import { once } from "node:events";
import { Agent, get, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { createHttpServer, createKoaApp } from "../../src/web/index.js";
import { silentLogger } from "../support/framework.js";
import { until } from "../support/services.js";

/** So long that it does not end while a test runs. */
const forever = 3_600_000;

/** A server that answers every request with `body`. */
async function serving(body: string | Readable, headersTimeoutMs = 20_000) {
  const app = createKoaApp({ log: silentLogger, isLeaving: () => false });
  let asked = 0;
  app.use((ctx) => {
    asked += 1;
    ctx.body = body;
  });
  const byKoa = app.callback();
  const server = createHttpServer({
    answer: (req, res) => void byKoa(req, res),
    log: silentLogger,
    host: "127.0.0.1",
    port: 0,
    headersTimeoutMs,
  });
  onTestFinished(() => server.close(0));
  return { server, port: await server.listen(), asked: () => asked };
}

async function connected(port: number) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

it("finishes a download whose headers went out before it closed", async () => {
  const body = new Readable({ read: () => {} });
  const { server, port } = await serving(body);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  body.push("first, ");
  const [response] = (await once(get({ port, agent }), "response")) as [IncomingMessage];
  expect(response.headers.connection).toBe("keep-alive");
  const closed = server.close(forever);
  body.push("last");
  body.push(null);
  expect(await text(response)).toBe("first, last");
  // The client would keep the connection.
  await closed;
});

it("answers the first request of a connection that was made before it closed", async () => {
  const { server, port, asked } = await serving("answered");
  const socket = await connected(port);
  const other = await connected(port);
  other.write("GET / HTTP/1.1\r\nhost: here\r\n\r\n");
  // A later connection is served, so the first one is accepted.
  await until(() => asked() === 1, "accepted");
  const closed = server.close(forever);
  socket.write("GET / HTTP/1.1\r\nhost: here\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*answered$/s);
  await closed;
});

it("does not wait for a connection that never asks for anything", async () => {
  const { server, port } = await serving("answered");
  const socket = await connected(port);
  socket.resume();
  const ended = once(socket, "close");
  await server.close(forever);
  await ended;
});

it("closes at once when nobody is connected, and may be closed twice", async () => {
  const { server } = await serving("answered");
  await Promise.all([server.close(forever), server.close(forever)]);
  await server.close(forever);
});

it("lets go of a client whose headers never end", async () => {
  const { port, asked } = await serving("answered", 100);
  const socket = await connected(port);
  socket.write("GET / HTTP/1.1\r\nhost: here\r\nx-slow: ");
  const { status, problem } = readAnswer(await text(socket));
  expect([status, problem.reason]).toEqual([408, "headers_stalled"]);
  expect(asked()).toBe(0);
});

/** An answer in the bytes of its connection. */
function readAnswer(bytes: string) {
  const [head = "", body = "{}"] = bytes.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head, problem: JSON.parse(body) };
}

it.each([
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400, "bad_request"],
  ["a method that is none", "SMUGGLE / HTTP/1.1\r\nhost: x\r\n\r\n", 400, "bad_request"],
  ["two lengths", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400, "bad_request"],
  [
    "headers that are too large",
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
    431,
    "headers_too_large",
  ],
])("answers %s with problem details, and closes the connection", async (_what, bytes, status, reason) => {
  const { port, asked } = await serving("answered");
  const socket = await connected(port);
  socket.write(bytes);
  const answer = readAnswer(await text(socket));
  expect(answer).toMatchObject({ status, problem: { status, reason, tx: expect.any(String) } });
  expect(answer.head).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/);
  expect(answer.head).toContain(`\r\nx-request-id: ${answer.problem.tx}`);
  expect(asked()).toBe(0);
});

it("says nothing more on a connection whose answer is being sent when something unreadable follows", async () => {
  const body = new Readable({ read: () => {} });
  const { port } = await serving(body);
  const socket = await connected(port);
  socket.write("GET / HTTP/1.1\r\nhost: here\r\n\r\n");
  body.push("begun");
  await once(socket, "readable");
  socket.write("\x16\x03\x01\r\n\r\n");
  const answer = await text(socket);
  expect(answer).toContain("begun");
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

it("reads on as a plain request what asks for another upgrade than a WebSocket", async () => {
  const { port } = await serving("answered");
  const wanted = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n";
  const socket = await connected(port);
  socket.write(`POST / HTTP/1.1\r\nhost: here\r\n${wanted}content-length: 4\r\n\r\nbody`);
  socket.write("GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
  const answers = await text(socket);
  expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(answers).not.toMatch(/upgrade/i);
});

it("answers a request for a WebSocket that nobody takes as a plain one, and closes its connection", async () => {
  const { port } = await serving("answered");
  const socket = await connected(port);
  socket.write("GET / HTTP/1.1\r\nhost: here\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*connection: close.*answered$/is);
});

it.each(["websocket", "h2c"])("breaks off a client that asks for %s before it has its answer", async (protocol) => {
  const { port, asked } = await serving(new Readable({ read: () => {} }));
  const socket = await connected(port);
  const upgrade = `connection: Upgrade\r\nupgrade: ${protocol}\r\n`;
  socket.write(`GET / HTTP/1.1\r\nhost: here\r\n\r\nGET / HTTP/1.1\r\nhost: here\r\n${upgrade}\r\n`);
  await text(socket).catch(() => {});
  expect(asked()).toBe(1);
});

it("tells all answers of a connection that it was closed, also those that wait for their turn", async () => {
  const paths = Array.from({ length: 20 }, (_, at) => `/${at}`);
  const closed: (string | undefined)[] = [];
  const asked: (string | undefined)[] = [];
  const warned: string[] = [];
  const warn = ({ name }: Error) => void warned.push(name);
  process.on("warning", warn);
  onTestFinished(() => void process.off("warning", warn));
  const answer = ({ url }: IncomingMessage, response: ServerResponse) => {
    asked.push(url);
    response.on("close", () => closed.push(url));
  };
  const server = createHttpServer({ answer, log: silentLogger, host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close(0));
  const socket = await connected(await server.listen());
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(""));
  await until(() => asked.length === paths.length, "all are asked");
  socket.destroy();
  await until(() => closed.length === paths.length, "all hear of it");
  expect(warned).toEqual([]);
});
