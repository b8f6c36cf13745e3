import { request } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Message, VastifyError } from "../../src/core/index.js";
import {
  answerPlainly,
  createEdge,
  createGatewayRoutes,
  createHttpServer,
  createKoaApp,
  edgeOfKoa,
  guardGateway,
  plainRoutes,
} from "../../src/web/index.js";
import { silentLogger } from "../support/framework.js";
import { until } from "../support/services.js";

interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}

interface Answered {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
  isWhole: boolean;
}

const trace = "0af7651916cd43dd8448eb211c80319c";
const route = (method: string, path: string) => ({ method, path, message: { act: "it" } });
const upload = { kind: "raw", maxBytes: 100, types: ["text/plain"], digest: false };
const described = {
  routes: [
    ...["GET", "POST", "PUT", "DELETE"].map((method) => route(method, "/it/:id")),
    { ...route("POST", "/upload"), upload },
    { ...route("GET", "/made"), status: 201 },
    { ...route("GET", "/closed"), access: { level: "public", roles: [], scopes: ["read"] } },
  ],
};

/** The same routes twice: by Koa alone, and past it. */
async function bothWays(act: (message: Message) => unknown) {
  const log = silentLogger;
  const isLeaving = () => false;
  // It says the same of both ways.
  const store = { take: () => ({ allowed: true, remaining: 5, resetMs: 1_000, retryAfterMs: 0 }) };
  const guarding = guardGateway(
    { limits: { rates: [{ by: "ip", limit: 10, windowMs: 1_000 }], store } },
    { consumerDocument: () => undefined, log },
  );
  const edge = createEdge({ cors: { origins: ["https://shop.example"], credentials: true } });
  const versionRules = { isRange: () => true, meant: (versions: readonly string[]) => versions };
  const routes = createGatewayRoutes({
    ...{ ...guarding, versionRules, maxBodyBytes: 1_000, origins: [], log },
    act: async (message) => act(message),
  });
  routes.update([{ target: "it", version: "1.0.0", alive: true, description: described }], () => ["1.0.0"]);
  const app = createKoaApp({ log, isLeaving });
  app.use(edgeOfKoa(edge)).use(routes.middleware);
  const byKoa = app.callback();
  const servers = [plainRoutes({ edge, routes, isKept: () => false })];
  const plainly = answerPlainly({ koa: () => app, servers, log, isLeaving });
  let plain = 0;

  async function listening(answer: Parameters<typeof createHttpServer>[0]["answer"]): Promise<number> {
    const server = createHttpServer({ answer, log, host: "127.0.0.1", port: 0 });
    onTestFinished(() => server.close(0));
    return server.listen();
  }
  const ports = {
    koa: await listening((req, res) => void byKoa(req, res)),
    past: await listening((req, res) => {
      if (plainly(req, res)) plain += 1;
      else void byKoa(req, res);
    }),
  };
  return { ports, plain: () => plain };
}

function ask(port: number, { method = "GET", path = "/it/1", headers = {}, body }: Asked): Promise<Answered> {
  const traceparent = `00-${trace}-b7ad6b7169203331-01`;
  return new Promise((resolve, reject) => {
    const asking = request({ port, method, path, headers: { traceparent, ...headers }, agent: false }, (response) => {
      const { date: _, ...others } = response.headers;
      let text = "";
      response.setEncoding("latin1").on("data", (chunk) => {
        text += chunk;
      });
      const settle = () =>
        resolve({ status: response.statusCode, headers: others, body: text, isWhole: response.complete });
      response.on("close", settle).on("error", () => {});
    });
    asking.on("error", reject).end(body);
  });
}

const long = { text: "0123456789".repeat(1_000) };
const stream = (...chunks: string[]) => Readable.from(chunks, { objectMode: false });
const breaking = (...chunks: string[]) =>
  Readable.from(
    (async function* () {
      yield* chunks;
      throw new VastifyError("unavailable", "it broke off");
    })(),
    { objectMode: false },
  );
const json = { "content-type": "application/json" };
const fails = (error: unknown) => () => {
  throw error;
};

/** What the action gives, and how it is asked; each is made anew for either way. */
const rows: [string, (message: Message) => unknown, Asked?][] = [
  ["an object", () => ({ id: 1, note: "é😀" })],
  ["a list", () => [1, 2]],
  ["a text", () => "text"],
  ["a number", () => 0],
  ["nothing", () => undefined],
  ["null", () => null],
  ["what was asked", (message) => message, { path: "/it/a%20b%2Fc?x=1&x=2&y=%C3%A9" }],
  ["what was asked with headers", (message) => message, { headers: { "accept-language": "en", "if-match": '"1"' } }],
  ["what was asked of a path with a slash behind", (message) => message, { path: "/IT/1/" }],
  ["what was asked with the last event", (message) => message, { headers: { "last-event-id": "7" } }],
  ["what was asked of a path in other letters", (message) => message, { path: "/it/%E0%A4%A" }],
  ["a body", ({ args }) => args, { method: "POST", headers: json, body: '{"a":[1]}' }],
  [
    "a form",
    ({ args }) => args,
    { method: "PUT", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1&b=2" },
  ],
  ["a body that is no JSON", () => 1, { method: "POST", headers: json, body: "{" }],
  ["a body that is too large", () => 1, { method: "POST", headers: json, body: JSON.stringify(long) }],
  ["a body of another type", () => 1, { method: "POST", headers: { "content-type": "text/x" }, body: "x" }],
  ["no body", ({ args }) => args, { method: "DELETE" }],
  ["a status", () => ({ http$: { status: 202 }, id: 1 })],
  ["a status and nothing", () => ({ http$: { status: 202 } })],
  ["the route's status", () => ({ id: 1 }), { path: "/made" }],
  ["the route's status and nothing", () => undefined, { path: "/made" }],
  ["204 and something", () => ({ http$: { status: 204 }, id: 1 })],
  ["headers", () => ({ http$: { headers: { "X-Kind": "a", "Cache-Control": "no-store", Vary: "x-kind" } }, id: 1 })],
  ["headers of a connection", () => ({ http$: { headers: { Connection: "close", "Transfer-Encoding": "x" } }, id: 1 })],
  ["cookies", () => ({ http$: { headers: { "set-cookie": ["a=1", "b=2"] } }, id: 1 })],
  ["a tag of its own", () => ({ http$: { headers: { etag: '"1"' } }, id: 1 }), { headers: { "if-none-match": '"1"' } }],
  ["a type of its own", () => ({ http$: { headers: { "content-type": "text/html" } }, body: stream("<p>") })],
  ["a policy of its own", () => ({ http$: { headers: { "content-security-policy": "default-src 'self'" } }, id: 1 })],
  ["a length that is not so", () => ({ http$: { headers: { "content-length": "3" } }, id: 12_345 })],
  ["a header that would split the answer", () => ({ http$: { headers: { "x-a": "1\r\nx-b: 2" } }, id: 1 })],
  ["a header that has no name", () => ({ http$: { headers: { "": "1" } }, id: 1 })],
  ["a header that is a number", () => ({ http$: { headers: { etag: 5, vary: 5 } }, id: 1 })],
  ["a header that is a list", () => ({ http$: { headers: { "content-type": ["a/b", "c"] } }, body: stream("a") })],
  ["a status that is no answer", () => ({ http$: { status: 101 }, id: 1 })],
  ["a status that is none", () => ({ http$: { status: 9_999 }, id: 1 })],
  ["a redirect", () => ({ http$: { redirect: "/it/2?x=ä" } })],
  ["a redirect for a browser", () => ({ http$: { redirect: "/it/2?<b>" } }), { headers: { accept: "text/html" } }],
  ["a redirect with a status", () => ({ http$: { status: 307, redirect: "https://shop.example/a b" } })],
  ["what HEAD shows", () => ({ id: 1 }), { method: "HEAD" }],
  ["what HEAD shows of much", () => long, { method: "HEAD", headers: { "accept-encoding": "br" } }],
  ["what HEAD shows of a stream", () => stream("a"), { method: "HEAD" }],
  ["much", () => long],
  ["much, for br", () => long, { headers: { "accept-encoding": "gzip, br" } }],
  ["much, for gzip", () => long, { headers: { "accept-encoding": "br;q=0, gzip" } }],
  ["much, for nothing we have", () => long, { headers: { "accept-encoding": "zstd" } }],
  [
    "a stream of text, for gzip",
    () => ({ http$: { headers: { "content-type": "text/plain" } }, body: stream("a", "b") }),
    { headers: { "accept-encoding": "gzip" } },
  ],
  ["bytes", () => Buffer.from("bytes")],
  ["a part of bytes", () => Buffer.from("bytes"), { headers: { range: "bytes=1-2" } }],
  ["a part outside of bytes", () => Buffer.from("bytes"), { headers: { range: "bytes=9-" } }],
  ["a stream", () => stream("a", "b")],
  ["a stream with its length", () => ({ http$: { headers: { "content-length": "2" } }, body: stream("a", "b") })],
  ["a stream that is shorter", () => ({ http$: { headers: { "content-length": "9" } }, body: stream("a", "b") })],
  ["a stream that fails at once", () => breaking()],
  ["a stream that breaks off", () => breaking("a")],
  ["events", () => ({ http$: { headers: { "content-type": "text/event-stream" } }, body: stream("data: 1\n\n") })],
  ["what the client has", () => ({ id: 1 }), { headers: { "if-none-match": "*" } }],
  [
    "what has not changed",
    () => ({ http$: { headers: { "last-modified": "Sat, 21 Nov 2026 00:00:00 GMT" } }, body: stream("a") }),
    { headers: { "if-modified-since": "Sat, 21 Nov 2026 00:00:00 GMT" } },
  ],
  [
    "a failure on purpose",
    fails(new VastifyError("not_found", "no such thing", { reason: "no_such", details: { id: 1 } })),
  ],
  ["that there is too much", fails(new VastifyError("resource_exhausted", "later"))],
  ["a failure", fails(new Error("secret"))],
  ["a value that can't be written", () => ({ id: 1n })],
  [
    "an upload",
    () => ({ id: 1 }),
    { method: "POST", path: "/upload", headers: { "content-type": "text/plain" }, body: "a" },
  ],
  [
    "an upload of another type",
    () => 1,
    { method: "POST", path: "/upload", headers: { "content-type": "text/x" }, body: "a" },
  ],
  ["something to a closed route", () => 1, { path: "/closed" }],
  ["something to a page that may read it", () => 1, { headers: { origin: "https://shop.example" } }],
  ["something to a page that may not", () => 1, { headers: { origin: "https://other.example" } }],
  ["something to a named request", () => 1, { headers: { "x-request-id": "order-1" } }],
  ["something to a badly named request", () => 1, { headers: { "x-request-id": "order 1" } }],
  [
    "something to a badly traced request",
    fails(new VastifyError("not_found", "none")),
    { headers: { traceparent: `00-${trace}-1-01`, "x-request-id": "a" } },
  ],
  ["something to who asks for another protocol", () => 1, { headers: { connection: "upgrade", upgrade: "h2c" } }],
  ["something to who wants to be done then", () => 1, { headers: { connection: "close" } }],
];

/** What is Koa's in either case. */
const koasRows: [string, Asked, number][] = [
  ["a path that nothing serves", { path: "/that" }, 404],
  ["a method that a path does not have", { method: "PATCH" }, 405],
  [
    "a preflight",
    { method: "OPTIONS", headers: { origin: "https://shop.example", "access-control-request-method": "PUT" } },
    204,
  ],
  ["a path that begins with two slashes", { path: "//it/1" }, 404],
  ["a whole URL", { path: "http://127.0.0.1/it/1" }, 200],
];

describe("what a gateway answers past Koa is what it answers by Koa", () => {
  it.each(rows)("%s", async (_what, act, asked = {}) => {
    const { ports, plain } = await bothWays(act);
    const [koa, past] = [await ask(ports.koa, asked), await ask(ports.past, asked)];
    const isTraced = asked.headers?.traceparent === undefined;
    expect(plain()).toBe(1);
    expect(isTraced ? past : withoutTrace(past)).toEqual(isTraced ? koa : withoutTrace(koa));
  });

  it.each(koasRows)("%s is left to Koa", async (_what, asked, status) => {
    const { ports, plain } = await bothWays(() => 1);
    const past = await ask(ports.past, asked);
    expect([past.status, plain()]).toEqual([status, 0]);
    expect(past).toEqual(await ask(ports.koa, asked));
  });

  it("several that a client sends without waiting are answered in their order", async () => {
    const { ports, plain } = await bothWays(({ args }) => (args as { params: unknown }).params);
    const asked = ["/it/1", "/it/2?x=1", "/no", "/it/3"]
      .map(
        (path) =>
          `GET ${path} HTTP/1.1\r\nhost: a\r\nx-request-id: a\r\ntraceparent: 00-${trace}-b7ad6b7169203331-01\r\n\r\n`,
      )
      .join("");
    const [koa, past] = [await talk(ports.koa, asked), await talk(ports.past, asked)];
    expect(plain()).toBe(3);
    const answers = /HTTP\/1\.1 \d+|\{[^}]*\}/g;
    expect(koa.match(answers)).toHaveLength(8);
    expect(past.match(answers)).toEqual(koa.match(answers));
  });
});

/** All that a server says to these requests, which are answered by objects. */
async function talk(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let said = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    said += chunk;
  });
  socket.write(bytes);
  await until(
    () => said.split("HTTP/1.1 ").length > bytes.split("HTTP/1.1").length - 1 && said.endsWith("}"),
    "it answers all",
  );
  return said;
}

/** A trace id that nobody gave is another one each time, of the same length. */
function withoutTrace({ body, ...others }: Answered): Answered {
  return { ...others, body: body.replace(/"tx":"[0-9a-f]{32}"/, "") };
}
