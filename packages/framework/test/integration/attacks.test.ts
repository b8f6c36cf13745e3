import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Service } from "../../src/service/index.js";
import { consulAddress, startService, uniqueName, until } from "../support/services.js";
import { greetedPeer, rawPeer } from "../support/transport.js";

interface Answer {
  readonly ok: boolean;
  readonly reason: unknown;
  readonly result: unknown;
  /** All that was said. */
  readonly text: string;
}

/** What an attacker needs: a message or, as text, whatever would be its JSON. */
type Send = (port: number, message: object | string, hops?: number) => Promise<Answer>;

const overFrames: Send = async (port, message, hops = 0) => {
  const peer = await greetedPeer(port);
  const json = typeof message === "string" ? message : JSON.stringify(message);
  peer.send(`[1,1,${json},5000,"t",${hops}]\n`);
  const [kind, , outcome] = (await peer.next()) as [number, number, { reason?: unknown }];
  peer.socket.destroy();
  const isResult = kind === 2;
  return {
    ok: isResult,
    reason: isResult ? undefined : outcome.reason,
    result: outcome,
    text: JSON.stringify(outcome),
  };
};

const overHttp: Send = async (port, message, hops = 0) => {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  const headers = { "vastify-hops": String(hops) };
  const response = await fetch(`http://127.0.0.1:${port}/act`, { method: "POST", body, headers });
  const text = await response.text();
  const result = JSON.parse(text);
  return { ok: response.ok, reason: response.ok ? undefined : result.reason, result, text };
};

/** Seneca's newer flavour, whose `meta$` in the body would steer it. */
const overNewerHttp: Send = (port, message, hops) => {
  const meta$ = { id: "a/b", custom: { a: 1 }, prior: [], fatal: true, plugin: {}, sync: true };
  return overHttp(port, typeof message === "string" ? message : { ...message, meta$ }, hops);
};

async function victim() {
  const seen: Record<string, unknown>[] = [];
  const service = await startService(
    {
      name: uniqueName("victim"),
      microservice: { limits: { helloTimeoutMs: 300 } },
      modules: [
        {
          plugin: function shop(this: Service["seneca"]) {
            this.add("module:shop,cmd:open", (message, reply) => reply(null, { open: true, id: message.id }));
            this.add("module:shop,cmd:closed,private$:true", (_message, reply) => reply(null, { stolen: true }));
          } as never,
        },
      ],
    },
    (one) => {
      one.add("cmd:ping", (message, reply) => {
        seen.push(message);
        reply(null, { pong: true });
      });
      one.add({ cmd: "private", private$: true }, (_message, reply) => reply(null, { stolen: true }));
      one.add("cmd:who", function (_message, reply) {
        const { custom } = this as unknown as { custom?: unknown };
        reply(null, { tx: this.fixedargs.tx$, custom: custom ?? null });
      });
      one.add("cmd:broken", () => {
        throw new Error("connect to mongodb://admin:secret@db failed");
      });
      one.add("cmd:replied", (_message, reply) => reply(new Error("/home/admin/secret.json is not there")));
      one.add("cmd:rejected", async () => Promise.reject(new Error("secret")));
      one.add("cmd:slow", (_message, reply) => setTimeout(() => reply(null, { slow: true }), 300));
    },
  );
  const port = Number(service.addresses.microservice?.split(":")[1]);
  return { service, port, seen };
}

async function expectUnharmed(port: number): Promise<void> {
  for (const send of [overFrames, overHttp]) {
    expect(await send(port, { cmd: "ping" })).toMatchObject({ ok: true, result: { pong: true } });
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
}

const cleanPrototype = Object.getOwnPropertyNames(Object.prototype);
afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(cleanPrototype);
});

describe.skipIf(!consulAddress).each([
  ["over frames", overFrames],
  ["over HTTP", overHttp],
  ["over Seneca's newer HTTP", overNewerHttp],
])("a hostile peer %s", (_how, send) => {
  it.each([
    { role: "seneca", get: "options" },
    { role: "seneca", get: "options", base: "plugin" },
    { role: "seneca", cmd: "stats" },
    { role: "seneca", stats: true },
    { role: "seneca", cmd: "close" },
    { role: "seneca", ready: true },
    { role: "seneca", reload: true },
    { role: "options", cmd: "get" },
    { role: "transport", cmd: "listen", type: "web", port: 1 },
    { role: "transport", cmd: "client" },
    { role: "transport", hook: "listen", type: "web" },
    { role: "transport", hook: "client", type: "web" },
    { sys: "transport", transport: "web", hook: "listen" },
    { sys: "entity", cmd: "list" },
    { sys: "plugin" },
    { init: "shop" },
    { init: "transport" },
    { role: "web", routes: [] },
    { role: "web", get: "context" },
    { role: "plugin", cmd: "define" },
    { role: "mem-store", cmd: "dump" },
    { role: "entity", cmd: "list" },
    { $$target: "*" },
    { $$target: "another", role: "seneca", get: "options" },
    { cmd: "private" },
    { module: "shop", cmd: "closed" },
    {},
    { cmd: null },
    { cmd: { toString: 1 } },
    { cmd: { toString: {}, valueOf: {} } },
    { cmd: "constructor" },
    { cmd: "__proto__" },
    { cmd: "toString" },
  ])("finds nothing at %j", async (message) => {
    const { port } = await victim();
    const { ok, reason, text } = await send(port, message);
    expect({ ok, reason }).toEqual({ ok: false, reason: "no_pattern" });
    expect(text).not.toMatch(/stolen|node_modules|\.[jt]s:\d/);
    await expectUnharmed(port);
  });

  it("reaches what the service's own modules declare", async () => {
    const { port } = await victim();
    expect((await send(port, { module: "shop", cmd: "open", id: 7 })).result).toMatchObject({ open: true, id: 7 });
  });

  it.each([
    { fatal$: true },
    { prior$: "a1" },
    { default$: { stolen: true } },
    { timeout$: 1 },
    { gate$: true },
    { ungate$: true },
    { tx$: "forged" },
    { custom$: { admin: true } },
    { meta$: { tx: "forged", custom: { admin: true }, timeout: 5_000 } },
    { plugin$: { name: "seneca" } },
    { id$: "forged/forged" },
    { sync$: false },
    { direct$: true },
    { internal$: true },
    { call$: { outcome: "open" } },
    { client$: true },
    { closing$: true },
    { local$: true },
    { caller$: "forged" },
    { cache$: true },
    { explain$: [] },
    { parents$: [] },
    { remote$: true },
    { seneca$: {} },
  ])("does not steer us by %j", async (directive) => {
    const { port, seen } = await victim();
    expect((await send(port, { cmd: "ping", ...directive })).result).toMatchObject({ pong: true });
    const [key = ""] = Object.keys(directive);
    expect(Object.hasOwn(seen[0] ?? {}, key)).toBe(false);
    expect(await send(port, { cmd: "nothing", ...directive })).toMatchObject({ ok: false, reason: "no_pattern" });
    const who = await send(port, { cmd: "who", ...directive });
    expect(who.result).toMatchObject({ custom: null });
    if (send !== overNewerHttp) expect(who.text.replace(/"meta\$".*/, "")).not.toContain("forged");
    expect(await send(port, { cmd: "broken", ...directive })).toMatchObject({ ok: false });
    await expectUnharmed(port);
  });

  it.each([
    '{"cmd":"ping","__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
    '{"cmd":"ping","a":[[{"\\u005f\\u005fproto__":{"polluted":1}}]],"\\u0063onstructor":{"prototype":{"polluted":1}}}',
  ])("does not reach a prototype: %s", async (text) => {
    const { port, seen } = await victim();
    expect((await send(port, text)).ok).toBe(true);
    const clean = JSON.stringify(seen[0]);
    expect(clean).not.toMatch(/proto__|constructor|polluted/);
    await expectUnharmed(port);
  });

  it.each(["broken", "replied", "rejected"])("learns nothing of an action that is %s", async (cmd) => {
    const { port } = await victim();
    const { ok, text } = await send(port, { cmd });
    expect(ok).toBe(false);
    expect(text).not.toMatch(/secret|admin|node_modules|\.[jt]s\b|\bat /);
    await expectUnharmed(port);
  });

  it("does not go round in circles for ever", async () => {
    const { port } = await victim();
    expect((await send(port, { cmd: "ping" }, 26)).reason).toBe("too_many_hops");
    expect((await send(port, { cmd: "ping" }, 25)).ok).toBe(true);
  });

  it("is not listened to for 60 MB", async () => {
    const { port } = await victim();
    const huge = `{"cmd":"ping","x":"${"x".repeat(60_000_000)}"}`;
    // Most of it is refused unread, so the answer may be lost on the way.
    const answer = await send(port, huge).catch(() => ({ ok: false, reason: "body_too_large" }));
    expect(answer).toMatchObject({ ok: false, reason: "body_too_large" });
    await expectUnharmed(port);
  });

  it("does not overflow our stack", async () => {
    const { port } = await victim();
    const deep = `{"cmd":"ping","x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect((await send(port, deep)).reason).toMatch(/bad_frame|bad_body/);
    await expectUnharmed(port);
  });
});

describe.skipIf(!consulAddress)("a hostile HTTP peer", () => {
  it("does not reach a prototype by the query string", async () => {
    const { port, seen } = await victim();
    await fetch(`http://127.0.0.1:${port}/act?cmd=ping&__proto__=1&constructor=2&fatal$=true&prior$=a1`);
    expect(Reflect.ownKeys(seen[0] ?? {})).toEqual(["cmd"]);
    await expectUnharmed(port);
  });

  it.each([
    ["slow headers", "GET /act HTTP/1.1\r\nhost: x\r\n"],
    ["headers over the limit", `GET /act HTTP/1.1\r\n${`x: ${"y".repeat(1_000)}\r\n`.repeat(100)}\r\n`],
    ["pipelined garbage", "GET /act?cmd=ping HTTP/1.1\r\nhost: x\r\n\r\n\x00\xff\r\n\r\n garbage"],
    ["another protocol", "\x16\x03\x01\x02\x00\x01"],
    ["a length that is none", "POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n"],
    ["two lengths", "POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"],
    [
      "length and chunks",
      "POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a broken chunk", "POST /act HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
    ["CONNECT", "CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n"],
  ])("with %s is closed", async (_what, text) => {
    const { port } = await victim();
    const peer = await rawPeer(port);
    peer.socket.write(text, "latin1");
    const answer = await peer.rest();
    expect(answer).not.toMatch(/node_modules|\.[jt]s:\d/);
    await expectUnharmed(port);
  });

  it.each(["//", "/act/../../etc/passwd", "http://[", "*", "/act%00", "/?cmd=ping"])(
    "finds nothing at %s",
    async (path) => {
      const { port } = await victim();
      const peer = await rawPeer(port);
      peer.send(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      expect(await peer.rest()).toMatch(/^HTTP\/1.1 404 [\s\S]*"no_route"/);
      await expectUnharmed(port);
    },
  );

  it("with an upgrade is answered as without", async () => {
    const { port } = await victim();
    const peer = await rawPeer(port);
    peer.send("GET /act?cmd=nothing HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    expect(await peer.next()).toMatch(/^HTTP\/1.1 404 /);
    await expectUnharmed(port);
  });

  it("with many connections that say nothing does not keep others out", async () => {
    const { port } = await victim();
    const sockets = Array.from({ length: 200 }, () => connect({ host: "127.0.0.1", port }).on("error", () => {}));
    await expectUnharmed(port);
    await until(() => sockets.every((socket) => socket.resume().destroyed), "they are dropped");
  });

  it("that hangs up in the middle does no harm", async () => {
    const { port } = await victim();
    for (const text of [
      "GET /act?cmd=slow HTTP/1.1\r\nhost: x\r\n\r\n",
      "POST /act HTTP/1.1\r\ncontent-length: 9\r\n\r\n{",
      "v",
      "vastify/1 {}\n[1,1,",
    ]) {
      const peer = await rawPeer(port);
      peer.send(text);
      await new Promise((resolve) => setTimeout(resolve, 20));
      peer.socket.resetAndDestroy();
    }
    await expectUnharmed(port);
  });
});
