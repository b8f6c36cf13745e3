import { once } from "node:events";
import { get, type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { eventStream, type GatewayOptions, type SenecaAction, VastifyError } from "../../src/index.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const text = "0123456789".repeat(1_000);

/** A gateway before a service with one module, whose actions are on GET by their names. */
async function serving(actions: Record<string, SenecaAction>, edge?: GatewayOptions["edge"]): Promise<string> {
  const name = uniqueName("replies");
  const map = Object.fromEntries(Object.keys(actions).map((key) => [key, { GET: true }]));
  function replies(this: { add: (pattern: object, action: SenecaAction) => void }) {
    for (const [key, action] of Object.entries(actions)) this.add({ module: name, if: key }, action);
  }
  const routes = { prefix: `/${name}`, pin: `module:${name},if:*`, map };
  await startService({ name, modules: [{ plugin: replies as never, routes }] });
  const gateway = await startGateway({ name: uniqueName("gateway"), ...(edge && { edge }) } as never);
  await until(() => gateway.routes.some(({ target }) => target === name), "the gateway serves it");
  return `${gateway.addresses.http}/${name}`;
}

function getBy(url: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { headers });
}

/** A stream that can be watched, of endless chunks or of those given. */
function endless(): { stream: Readable; pulled: () => number } {
  let pulled = 0;
  const stream = new Readable({
    read() {
      pulled += 65_536;
      this.push(Buffer.alloc(65_536));
    },
  });
  return { stream, pulled: () => pulled };
}

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, resolve).on("error", reject));
}

describe.skipIf(!consulAddress)("bytes and streams in answers", () => {
  const file = (more: object = {}) => ({
    http$: { headers: { "content-type": "text/plain", "content-length": String(text.length), ...more } },
    body: Readable.from([text.slice(0, 3_000), text.slice(3_000)], { objectMode: false }),
  });

  it("come as they are, with the headers that the action says", async () => {
    const url = await serving({
      bytes: async () => Buffer.from("plain"),
      stream: async () => Readable.from(["a", "b"], { objectMode: false }),
      file: async () => file(),
    });
    const bytes = await fetch(`${url}/bytes`);
    expect([bytes.headers.get("content-type"), await bytes.text()]).toEqual(["application/octet-stream", "plain"]);
    expect(await (await fetch(`${url}/stream`)).text()).toBe("ab");
    const answer = await getBy(`${url}/file`, { "accept-encoding": "identity" });
    expect([answer.headers.get("content-type"), answer.headers.get("content-length")]).toEqual(["text/plain", "10000"]);
    expect(await answer.text()).toBe(text);
  });

  it("are served in parts to whoever asks for one", async () => {
    const url = await serving({ bytes: async () => Buffer.from(text), file: async () => file({ etag: '"one"' }) });
    for (const path of ["bytes", "file"]) {
      const part = async (range: string, more: Record<string, string> = {}) => {
        const answer = await getBy(`${url}/${path}`, { range, ...more });
        const body = await answer.text();
        const said = answer.headers.get("content-range");
        return { status: answer.status, range: said, body: answer.status === 416 ? "" : body };
      };
      expect(await part("bytes=2-5")).toEqual({ status: 206, range: "bytes 2-5/10000", body: "2345" });
      expect(await part("bytes=-3")).toEqual({ status: 206, range: "bytes 9997-9999/10000", body: "789" });
      const end = { status: 206, range: "bytes 2998-9999/10000", body: text.slice(2_998) };
      expect(await part("bytes=2998-")).toEqual(end);
      expect(await part("bytes=10000-")).toEqual({ status: 416, range: "bytes */10000", body: "" });
      const whole = { status: 200, range: null, body: text };
      expect(await part("bytes=0-1,5-6")).toEqual(whole);
      expect(await part("bytes=2-5", { "if-range": '"another"' })).toEqual(whole);
    }
    expect((await getBy(`${url}/file`, { range: "bytes=2-5", "if-range": '"one"' })).status).toBe(206);
  });

  it("are not sent again to whoever has them", async () => {
    const date = "Wed, 21 Oct 2015 07:28:00 GMT";
    const url = await serving({
      json: async () => ({ a: 1 }),
      bytes: async () => Buffer.from(text),
      file: async () => file({ "last-modified": date }),
    });
    for (const path of ["json", "bytes"]) {
      const etag = (await fetch(`${url}/${path}`)).headers.get("etag") ?? "";
      expect(etag).toMatch(path === "json" ? /^W\/"/ : /^"/);
      expect((await raw(`${url}/${path}`, "GET", { "if-none-match": etag })).statusCode).toBe(304);
      expect((await raw(`${url}/${path}`, "GET", { "if-none-match": '"other"' })).statusCode).toBe(200);
    }
    expect((await raw(`${url}/file`, "GET", { "if-modified-since": date })).statusCode).toBe(304);
  });

  it("fail with problem details before the first byte, and break off after it", async () => {
    let fail = (_: Error) => {};
    const url = await serving({
      early: async () =>
        Readable.from(
          (async function* () {
            throw new VastifyError("not_found", "no such file");
            // biome-ignore lint/correctness/noUnreachable: it makes this a generator of text
            yield "";
          })(),
        ),
      late: async () => {
        const stream = new Readable({ read() {} });
        stream.push("begun");
        fail = (error) => stream.destroy(error);
        return stream;
      },
      short: async () => ({
        http$: { headers: { "content-length": "10" } },
        body: Readable.from(["short"], { objectMode: false }),
      }),
    });
    const early = await fetch(`${url}/early`);
    expect([early.status, await early.json()]).toMatchObject([404, { code: "not_found", detail: "no such file" }]);
    const late = await open(`${url}/late`);
    const broken = once(late, "error");
    late.once("data", () => fail(new Error("the disk is gone")));
    expect((await broken)[0]).toMatchObject({ code: "ECONNRESET" });
    await expect(fetch(`${url}/short`).then((answer) => answer.text())).rejects.toThrow();
  });

  it("wait for a client that reads slowly, and stop when it hangs up", async () => {
    const { stream, pulled } = endless();
    const url = await serving({ endless: async () => stream });
    const answer = await open(`${url}/endless`);
    await once(answer, "readable");
    let before = -1;
    await until(() => {
      const isStill = pulled() === before;
      before = pulled();
      return isStill;
    }, "it stops to flow");
    expect(pulled()).toBeLessThan(32_000_000);
    answer.destroy();
    await until(() => stream.destroyed, "the service heard that nobody reads");
  });

  it("are let go for HEAD, and for an answer that has no room for them", async () => {
    const streams: Readable[] = [];
    const made = () => {
      const { stream } = endless();
      streams.push(stream);
      return stream;
    };
    const url = await serving({
      empty: async () => ({ http$: { status: 204 }, body: made() }),
      broken: async () => ({ http$: { headers: { "x-broken": "a\r\nset-cookie: b=c" } }, body: made() }),
    });
    expect((await fetch(`${url}/empty`)).status).toBe(204);
    const broken = await fetch(`${url}/broken`);
    expect([broken.status, broken.headers.get("set-cookie")]).toEqual([500, null]);
    await until(() => streams.length === 2 && streams.every(({ destroyed }) => destroyed), "both are let go");
  });
});

describe.skipIf(!consulAddress)("events", () => {
  it("arrive one by one, know where a client left off, and end when it goes", async () => {
    let ended = false;
    const url = await serving({
      news: async ({ args }: { args: { query: { lastEventId?: string } } }) => {
        async function* news() {
          try {
            for (let n = Number(args.query.lastEventId ?? 0) + 1; ; n++) {
              yield { id: String(n), event: "news", data: { n, lines: "a\nb" } };
              await new Promise((resolve) => setTimeout(resolve, 5));
            }
          } finally {
            ended = true;
          }
        }
        return eventStream(news()) as never;
      },
    } as never);
    const answer = await getBy(`${url}/news`, { "last-event-id": "41" });
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(answer.headers.get("content-encoding")).toBeNull();
    const reader = (answer.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream() as never)
      .getReader();
    let got = "";
    while (!got.includes("id: 43")) got += (await reader.read()).value;
    expect(got).toContain('event: news\nid: 42\ndata: {"n":42,"lines":"a\\nb"}\n\n');
    await reader.cancel();
    await until(() => ended, "the action heard that the client is gone");
  });
});

describe.skipIf(!consulAddress)("the edge", () => {
  const actions = {
    big: async () => ({ text }),
    small: async () => ({ a: 1 }),
    fail: async () => Promise.reject(new VastifyError("not_found", "no")),
  };

  it("compresses what shrinks, for whoever asks for it", async () => {
    const url = await serving({
      ...actions,
      picture: async () => ({ http$: { headers: { "content-type": "image/png" } }, body: Buffer.from(text) }),
      stream: async () => ({ http$: { headers: { "content-type": "text/csv" } }, body: Readable.from([text]) }),
    } as never);
    const encodingOf = async (path: string, accepted: string) => {
      const answer = await getBy(`${url}/${path}`, { "accept-encoding": accepted });
      expect(await answer.text()).toContain(path === "small" ? '{"a":1}' : text);
      return answer.headers.get("content-encoding");
    };
    expect(await encodingOf("big", "gzip, br")).toBe("br");
    expect(await encodingOf("big", "gzip")).toBe("gzip");
    expect(await encodingOf("big", "gzip;q=0, identity")).toBeNull();
    expect(await encodingOf("stream", "gzip")).toBe("gzip");
    expect(await encodingOf("small", "gzip")).toBeNull();
    expect(await encodingOf("picture", "gzip")).toBeNull();
  });

  it("says what keeps browsers safe, on problems too, and lets each header be changed", async () => {
    const url = await serving(actions, { securityHeaders: { "x-frame-options": false, "referrer-policy": "origin" } });
    for (const path of ["small", "fail", "nothing"]) {
      const { headers } = await fetch(`${url}/${path}`);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect([headers.get("x-frame-options"), headers.get("referrer-policy")]).toEqual([null, "origin"]);
      expect(headers.get("strict-transport-security")).toBeNull();
    }
  });

  it("lets pages of named origins in, and no others", async () => {
    const url = await serving(actions, { cors: { origins: ["https://shop.example"], credentials: true } });
    const preflight = { "access-control-request-method": "PUT", "access-control-request-headers": "x-a" };
    const asked = async (origin: string, method = "OPTIONS") => {
      const headers = { origin, ...(method === "OPTIONS" && preflight) };
      const answer = await raw(`${url}/small`, method, headers);
      return { status: answer.statusCode, ...answer.headers };
    };
    expect(await asked("https://shop.example")).toMatchObject({
      status: 204,
      "access-control-allow-origin": "https://shop.example",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": expect.stringContaining("PUT"),
      "access-control-allow-headers": "x-a",
    });
    expect(await asked("https://shop.example", "GET")).toMatchObject({
      status: 200,
      "access-control-allow-origin": "https://shop.example",
      vary: expect.stringMatching(/origin/i),
    });
    for (const method of ["OPTIONS", "GET"])
      expect(await asked("https://evil.example", method)).not.toHaveProperty("access-control-allow-origin");
  });

  it("gives back a request's id, and makes one for a request without", async () => {
    const url = await serving(actions);
    const idFor = async (headers: Record<string, string>) =>
      (await getBy(`${url}/small`, headers)).headers.get("x-request-id");
    expect(await idFor({ "x-request-id": "order-7" })).toBe("order-7");
    expect(await idFor({ "x-request-id": "<script>" })).toMatch(/^[0-9a-f]{32}$/);
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    expect(await idFor({ traceparent })).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
    expect(await idFor({})).toMatch(/^[0-9a-f]{32}$/);
  });
});

/** `fetch` has ideas of its own about caches and origins. */
function raw(url: string, method: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (answer) => resolve(answer.resume()))
      .on("error", reject)
      .end();
  });
}
