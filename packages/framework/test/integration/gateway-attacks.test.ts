import { connect } from "node:net";
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Gateway, Seneca } from "../../src/index.js";
import { createService } from "../../src/service/index.js";
import { createGateway, silentLogger } from "../support/framework.js";
import { consulAddress, uniqueName, until } from "../support/services.js";
import { rawPeer } from "../support/transport.js";

const cleanPrototype = Object.getOwnPropertyNames(Object.prototype);

describe.skipIf(!consulAddress)("a hostile client of the gateway", () => {
  const name = uniqueName("shop");
  const seen: Record<string, unknown>[] = [];
  let gateway: Gateway;
  let port: number;

  beforeAll(async () => {
    const common = { version: "1.0.0", consul: { address: consulAddress }, log: silentLogger, drain: { noticeMs: 0 } };
    const service = createService({
      ...common,
      name,
      modules: [
        {
          plugin: function shop(this: Seneca) {
            this.add("shop:list", async (message) => {
              seen.push(message.args);
              return { ok: true };
            });
            this.add("shop:put", async (message) => {
              seen.push(message.args);
              return { ok: true };
            });
            this.add("shop:tell", async ({ args }) => ({
              ok: true,
              http$: { headers: { "x-told": String(args.query.text) } },
            }));
          },
          routes: {
            prefix: `/${name}`,
            pin: "shop:*",
            map: { list: { GET: true }, put: { POST: true, suffix: "/:id" }, tell: { GET: true } },
          },
        },
      ],
    });
    gateway = createGateway({ ...common, name: uniqueName("gateway") });
    await Promise.all([service.start(), gateway.start()]);
    await until(() => gateway.routes.some(({ target }) => target === name), "the gateway serves the shop");
    port = Number(new URL(gateway.addresses.http ?? "").port);
    return async () => void (await Promise.all([gateway.stop(), service.stop()]));
  });
  afterEach(async () => {
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(cleanPrototype);
    expect((await fetch(`${gateway.addresses.http}/${name}/list`)).status).toBe(200);
    seen.length = 0;
  });

  /** All that is answered until the gateway closes the connection. */
  async function answerTo(text: string): Promise<string> {
    const peer = await rawPeer(port);
    peer.socket.write(text, "latin1");
    const answer = await peer.rest();
    expect(answer).not.toMatch(/node_modules|\.[jt]s:\d/);
    return answer;
  }

  const get = (path: string, headers = "") => `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`;
  const post = (headers: string, body: string) =>
    `POST /${name}/put/1 HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n${body}`;
  const smuggled = `GET /${name}/list HTTP/1.1\r\nhost: x\r\n\r\n`;

  it.each([
    ["a length and chunks", `content-length: 5\r\ntransfer-encoding: chunked`, `0\r\n\r\n${smuggled}`],
    ["chunks and a length", `transfer-encoding: chunked\r\ncontent-length: 5`, `0\r\n\r\n${smuggled}`],
    ["two lengths", "content-length: 2\r\ncontent-length: 60", `{}${smuggled}`],
    ["two lengths in one", "content-length: 2, 60", `{}${smuggled}`],
    ["a length with a sign", "content-length: +2", `{}${smuggled}`],
    ["a length with a blank before its colon", "content-length : 2", `{}${smuggled}`],
    ["chunks by another name", "transfer-encoding: xchunked", `0\r\n\r\n${smuggled}`],
    ["chunks twice", "transfer-encoding: chunked, chunked", `0\r\n\r\n${smuggled}`],
    ["a folded header", "transfer-encoding:\r\n chunked", `0\r\n\r\n${smuggled}`],
    ["a chunk's length that is none", "transfer-encoding: chunked", `0x0\r\n\r\n${smuggled}`],
    ["a line that ends in a line feed alone", "x: y\ncontent-length: 2", `{}${smuggled}`],
    ["a header with a null", "x: a\0b\r\ncontent-length: 2", `{}${smuggled}`],
  ])("smuggles no second request past a first with %s", async (_what, headers, body) => {
    const answer = await answerTo(post(`content-type: application/json\r\n${headers}`, body));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(seen).toEqual([]);
  });

  it.each([
    "/../../etc/passwd",
    "/docs/../../../package.json",
    "/docs/..%2f..%2fpackage.json",
    "/docs/%2e%2e/%2e%2e/package.json",
    "/docs/..%5c..%5cpackage.json",
    "/docs/%00",
    "/%",
    "/%zz",
    "//evil.example/",
    "http://evil.example/",
    `/${name}%2flist`,
  ])("finds no file and no route at %s", async (path) => {
    expect(await answerTo(get(path))).toMatch(/^HTTP\/1\.1 (400|404) /);
    expect(seen).toEqual([]);
  });

  it.each(["http://", "http://?x", "http://[", "x://y"])("is told that %s is no URL", async (target) => {
    const answer = await answerTo(get(target));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"reason":"bad_request"');
  });

  it("pollutes no prototype by a query, a form, JSON or a path", async () => {
    const url = `${gateway.addresses.http}/${name}`;
    await fetch(
      `${url}/list?__proto__[polluted]=1&__proto__=1&constructor[prototype][polluted]=1&a[__proto__][polluted]=1`,
    );
    const type = (text: string) => ({ method: "POST", headers: { "content-type": text } });
    const json =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":{"polluted":1}}}';
    expect((await fetch(`${url}/put/__proto__`, { ...type("application/json"), body: json })).status).toBe(400);
    const form = "__proto__[polluted]=1&constructor[prototype][polluted]=1&a[__proto__][polluted]=1";
    await fetch(`${url}/put/constructor`, { ...type("application/x-www-form-urlencoded"), body: form });
    expect(seen).toHaveLength(2);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    for (const args of seen) expect((args as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(["a%0d%0ax-injected:%20yes", "a%0ax-injected:%20yes", "a%00b", "%C4%8D%C4%8Ax-injected:%20yes"])(
    "injects no header by %s",
    async (text) => {
      const answer = await answerTo(get(`/${name}/tell?text=${text}`));
      expect(answer).not.toMatch(/^x-injected/im);
      expect(answer).not.toContain("\0");
    },
  );

  it("is told of no header that it can inject by its own", async () => {
    const answer = await answerTo(get(`/${name}/list`, "x-request-id: a\u010d\u010ax-injected: yes\r\n"));
    expect(answer).not.toMatch(/^x-injected/im);
  });

  it.each([
    ["headers that are too many bytes", get("/", `x: ${"y".repeat(20_000)}\r\n`), 431],
    ["a path that is too long", get(`/${"y".repeat(20_000)}`), 431],
    ["a method that is none", "SMUGGLE / HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["no host", "GET / HTTP/1.1\r\nconnection: close\r\n\r\n", 400],
    ["another protocol", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400],
    ["a body that says it is too large", post("content-type: application/json\r\ncontent-length: 99999999", "{"), 413],
  ])("is refused with %s", async (_what, text, status) => {
    expect(await answerTo(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it("is refused with a body that grows too large, or deep, or is not what it says", async () => {
    const url = `${gateway.addresses.http}/${name}/put/1`;
    const send = async (type: string, body: string) => {
      const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
      return response.status;
    };
    expect(await send("application/json", `{"a":"${"x".repeat(1_100_000)}"}`)).toBe(413);
    expect(await send("application/json", `${"[".repeat(10_000)}${"]".repeat(10_000)}`)).toBe(400);
    expect(await send("application/x-www-form-urlencoded", `a${"[a]".repeat(5_000)}=1`)).toBeLessThan(500);
    expect(await send("application/json", '"text"')).toBe(400);
    expect(await send("multipart/form-data", "no boundary")).toBe(415);
  });

  it("with many connections that never finish their headers keeps nobody out", async () => {
    const sockets = Array.from({ length: 300 }, () => {
      const socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
      socket.write(`GET /${name}/list HTTP/1.1\r\nhost: x\r\nx-slow: `);
      return socket;
    });
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await until(() => sockets.every(({ connecting }) => !connecting), "they are connected");
    expect((await fetch(`${gateway.addresses.http}/${name}/list`)).status).toBe(200);
  });
});
