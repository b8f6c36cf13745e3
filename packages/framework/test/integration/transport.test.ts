import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { cacheFolder, fetchDebianPackages } from "@vastify/backends";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ownProtocolOverTls } from "../../src/transport/index.js";
import { until } from "../support/services.js";
import {
  endpointOf,
  greetedPeer,
  hello,
  peerOf,
  type RawPeer,
  rawPeer,
  startClient,
  startServer,
} from "../support/transport.js";

const echo = (id: unknown, data: unknown = id) =>
  `[1,${JSON.stringify(id)},{"do":"echo","data":${JSON.stringify(data)}},5000,"t",0]\n`;

async function expectServes(port: number): Promise<void> {
  const peer = await greetedPeer(port);
  peer.send(echo(1, "still here"));
  expect(await peer.next()).toEqual([2, 1, "still here"]);
  peer.socket.destroy();
}

async function expectRefused(peer: RawPeer, reason: string): Promise<void> {
  expect(await peer.next()).toMatchObject([3, 0, { reason }]);
  expect(await peer.rest()).toBe("");
}

/** A peer as we are not: it does what `onSocket` says. */
async function foreignServer(onSocket: (socket: Socket) => void, port = 0): Promise<{ port: number; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

describe("a connection", () => {
  it("begins with both sides' preface", async () => {
    const { port } = await startServer();
    const peer = await rawPeer(port);
    peer.send(hello);
    expect(await peer.next()).toBe('vastify/1 {"maxBytes":1048576}');
  });

  it("is taken for ours or for HTTP by its first byte, on one port", async () => {
    const { port } = await startServer();
    const response = await fetch(`http://127.0.0.1:${port}/act?do=echo&data=x`);
    expect(await response.json()).toBe("x");
    await expectServes(port);
  });

  it.each([
    ["another version", "vastify/2 {}\n"],
    ["a word that only begins alike", "vim\n"],
    ["no object", "vastify/1 {\n"],
    ["a first line that is too long", `vastify/1 {"x":"${"x".repeat(16_384)}"}\n`],
    ["an endless first line", `vastify/1 {"x":"${"x".repeat(100_000)}`],
  ])("that begins with %s is refused, and the server serves on", async (_what, first) => {
    const { port } = await startServer();
    const peer = await rawPeer(port);
    peer.send(first);
    await expectRefused(peer, "bad_frame");
    await expectServes(port);
  });

  it("whose peer knows more than we do is accepted", async () => {
    const { port } = await startServer();
    await greetedPeer(port, 'vastify/1 {"speaks":["streams"],"maxBytes":5,"secret":null}\n');
  });

  it.each([
    ["says nothing", ""],
    ["never ends its first line", "vastify/1 {"],
    ["never ends its HTTP headers", "GET /act HTTP/1.1\r\nx: y\r\n"],
  ])("whose peer %s is dropped after helloTimeoutMs", async (_what, first) => {
    const { port } = await startServer({ limits: { helloTimeoutMs: 100 } });
    const peer = await rawPeer(port);
    peer.send(first);
    await peer.rest();
    await expectServes(port);
  });

  it("without traffic is dropped after idleTimeoutMs, and its calls with it", async () => {
    const { port, calls } = await startServer({ limits: { idleTimeoutMs: 100 } });
    const peer = await greetedPeer(port);
    peer.send('[1,1,{"do":"never"},60000,"t",0]\n');
    await peer.rest();
    await until(() => calls[0]?.outcome === "failed", "its call is canceled");
  });

  it("is answered when it asks whether we live", async () => {
    const { port } = await startServer();
    const peer = await greetedPeer(port);
    peer.send("[5]\n[6]\n");
    expect(await peer.next()).toEqual([6]);
  });
});

describe("a frame", () => {
  it.each([
    ["an id in use", '[1,7,{"do":"never"},1000,"t",0]\n[1,7,{"do":"never"},1000,"t",0]\n'],
    ["the id 0", echo(0)],
    ["a negative id", echo(-1)],
    ["a broken id", echo(1.5)],
    ["an id over 32 bits", echo(2 ** 32)],
    ["an id of 1e999", '[1,1e999,{"do":"echo"},1000,"t",0]\n'],
    ["an id that is text", echo("1")],
    ["an unknown kind", "[99,1]\n"],
    ["a kind that is an object", "[{},1]\n"],
    ["nothing in it", "[]\n"],
    ["no array", '{"kind":1}\n'],
    ["no JSON", "[1,1,\n"],
    ["no text at all", "\n"],
    ["raw bytes", Buffer.from([0x5b, 0xff, 0xfe, 0x00, 0x0a])],
    ["more levels than allowed", `[1,1,${"[".repeat(200)}${"]".repeat(200)},1000,"t",0]\n`],
  ])("with %s closes the connection with an error, and nobody else's", async (_what, frame) => {
    const { port } = await startServer();
    const other = await greetedPeer(port);
    const peer = await greetedPeer(port);
    peer.send(frame);
    await expectRefused(peer, "bad_frame");
    other.send(echo(5));
    expect(await other.next()).toEqual([2, 5, 5]);
  });

  it.each([
    ["in one piece", (frame: string) => [frame]],
    ["that never ends", (frame: string) => [frame.slice(0, -1)]],
  ])("over the limit %s closes the connection with an error, and nobody else's", async (_what, cut) => {
    const { port } = await startServer({ limits: { maxBytes: 10_000 } });
    const other = await greetedPeer(port);
    const peer = await greetedPeer(port);
    for (const part of cut(echo(1, "x".repeat(200_000)))) peer.send(part);
    await expectRefused(peer, "body_too_large");
    other.send(echo(5));
    expect(await other.next()).toEqual([2, 5, 5]);
  });

  it("may come byte by byte, cut within a character too", async () => {
    const { port } = await startServer();
    const peer = await greetedPeer(port);
    for (const byte of Buffer.from(echo(1, "Zoë 甲 🦊"))) {
      peer.send(Uint8Array.of(byte));
      await turn();
    }
    expect(await peer.next()).toEqual([2, 1, "Zoë 甲 🦊"]);
  });

  it("may come with many others in one piece", async () => {
    const { port } = await startServer();
    const peer = await rawPeer(port);
    peer.send(hello + Array.from({ length: 1_000 }, (_, i) => echo(i + 1)).join(""));
    await peer.next();
    for (let id = 1; id <= 1_000; id++) expect(await peer.next()).toEqual([2, id, id]);
  });

  it.each([
    ["text", '"x"'],
    ["a list", "[]"],
    ["null", "null"],
  ])("whose message is %s fails that call alone", async (_what, message) => {
    const { port } = await startServer();
    const peer = await greetedPeer(port);
    peer.send(`[1,1,${message},1000,"t",0]\n${echo(2)}`);
    expect(await peer.next()).toMatchObject([3, 1, { code: "invalid_argument", reason: "bad_body" }]);
    expect(await peer.next()).toEqual([2, 2, 2]);
  });

  it("may leave out deadline, trace id and hops, or hold nonsense there", async () => {
    const { port, inbound } = await startServer();
    const peer = await greetedPeer(port);
    const message = '{"do":"echo"}';
    peer.send(
      `[1,1,${message}]\n[1,2,${message},"x",{},[]]\n[1,3,${message},-1,"a\\"b",-1]\n[1,4,${message},1e999,"",0.5]\n`,
    );
    for (const id of [1, 2, 3, 4]) expect(await peer.next()).toEqual([2, id, null]);
    expect(inbound.map(({ tx }) => tx)).toEqual([undefined, undefined, undefined, undefined]);
    expect(inbound.map(({ timeoutMs }) => timeoutMs)).toEqual([undefined, undefined, undefined, 3_600_000]);
    expect(inbound.map(({ hops }) => hops)).toEqual([0, 0, 0, 0]);
  });

  it("that cancels or answers nothing that is known is ignored", async () => {
    const { port } = await startServer();
    const peer = await greetedPeer(port);
    peer.send(`[4,99]\n[4]\n[4,"x"]\n${echo(1)}`);
    expect(await peer.next()).toEqual([2, 1, 1]);
  });
});

describe("calls", () => {
  it("interleave: a slow one does not hold up a fast one", async () => {
    const { port } = await startServer();
    const { call } = startClient();
    const order: unknown[] = [];
    const note = (value: unknown) => void order.push(value);
    await Promise.all([
      call(endpointOf(port), { do: "later", ms: 100, data: "slow" }).then(note),
      call(endpointOf(port), { do: "echo", data: "fast" }).then(note),
    ]);
    expect(order).toEqual(["fast", "slow"]);
  });

  it("share one connection", async () => {
    const { port } = await startServer();
    let connections = 0;
    const proxy = await foreignServer((socket) => {
      connections += 1;
      const onward = connect({ host: "127.0.0.1", port }).on("error", () => {});
      onTestFinished(() => void onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    const { call } = startClient();
    await Promise.all(Array.from({ length: 100 }, (_, data) => call(endpointOf(proxy.port), { do: "echo", data })));
    expect(connections).toBe(1);
  });

  it("carry every JSON value there and back", async () => {
    const { port } = await startServer();
    const { call } = startClient();
    for (const data of [null, 0, -0.5, "", '\n\u2028\\"', true, [], {}, [[{ a: [1] }]], { $$a: 1 }, "\ud800"]) {
      expect(await call(endpointOf(port), { do: "echo", data })).toEqual(data);
    }
    expect(await call(endpointOf(port), { do: "echo" })).toBeNull();
  });

  it("fail with their error's code, reason and details, without its stack", async () => {
    const { port } = await startServer();
    const peer = await greetedPeer(port);
    peer.send('[1,1,{"do":"fail"},1000,"t",0]\n');
    expect(await peer.next()).toEqual([
      3,
      1,
      { code: "not_found", message: "no user 7", reason: "no_user", details: { id: "7" } },
    ]);
    const { call } = startClient();
    await expect(call(endpointOf(port), { do: "fail" })).rejects.toMatchObject({
      code: "not_found",
      message: "no user 7",
      reason: "no_user",
      details: { id: "7" },
    });
  });

  it.each(["break", "throw"])("that %s tell nothing but where to look", async (what) => {
    const { port } = await startServer();
    const peer = await greetedPeer(port);
    peer.send(`[1,1,{"do":"${what}"},1000,"trace-7",0]\n`);
    const frame = await peer.next();
    expect(frame).toMatchObject([3, 1, { code: "internal", message: expect.stringContaining("trace-7") }]);
    expect(JSON.stringify(frame)).not.toMatch(/secret|\.ts/);
  });

  it("whose result or details are no JSON fail alone", async () => {
    const { port } = await startServer();
    const { call } = startClient();
    const outcomes = await Promise.allSettled(
      ["circle", "fail-oddly", "echo"].map((what) => call(endpointOf(port), { do: what, data: 1 })),
    );
    expect(outcomes).toMatchObject([
      { reason: { code: "internal", reason: "bad_result" } },
      { reason: { code: "not_found", message: "no user 7", details: undefined } },
      { value: 1 },
    ]);
    const response = await fetch(`http://127.0.0.1:${port}/act?do=fail-oddly`);
    expect(await response.json()).toMatchObject({ code: "not_found", message: "no user 7" });
  });

  it("whose result is no JSON say so over HTTP too", async () => {
    const { port } = await startServer();
    const response = await fetch(`http://127.0.0.1:${port}/act?do=circle`);
    expect([response.status, await response.json()]).toMatchObject([500, { reason: "bad_result" }]);
  });

  it("that can't be written as JSON are not sent", async () => {
    const { port } = await startServer();
    await expect(startClient().call(endpointOf(port), { do: "echo", data: 7n })).rejects.toMatchObject({
      code: "invalid_argument",
      reason: "bad_body",
    });
  });

  it("over what the peer takes are not sent, and harm no others", async () => {
    const { port, calls } = await startServer({ limits: { maxBytes: 10_000 } });
    const { call } = startClient();
    const small = call(endpointOf(port), { do: "later", ms: 50, data: 1 });
    await expect(call(endpointOf(port), { do: "echo", data: "甲".repeat(5_000) })).rejects.toMatchObject({
      code: "resource_exhausted",
      reason: "body_too_large",
    });
    expect(await small).toBe(1);
    expect(calls).toHaveLength(1);
  });

  it("whose result is over what the caller takes fail alone", async () => {
    const { port } = await startServer();
    const { call } = startClient({ maxBytes: 10_000 });
    const small = call(endpointOf(port), { do: "later", ms: 50, data: 1 });
    await expect(call(endpointOf(port), { do: "big", bytes: 20_000 })).rejects.toMatchObject({
      code: "internal",
      reason: "bad_result",
    });
    expect(await small).toBe(1);
  });

  it("take the remaining time, the trace id and the hops along", async () => {
    const { port, inbound } = await startServer();
    await startClient().call(endpointOf(port), { do: "echo" }, { timeoutMs: 2_000, tx: "trace-7", hops: 3 });
    expect(inbound[0]).toMatchObject({ tx: "trace-7", hops: 4 });
    expect(inbound[0]?.timeoutMs).toBeGreaterThan(0);
    expect(inbound[0]?.timeoutMs).toBeLessThanOrEqual(2_000);
  });

  it("whose deadline began to run before they were sent take only what is left of it", async () => {
    const { port, inbound } = await startServer();
    const late = await foreignServer((socket) => {
      setTimeout(() => {
        const onward = connect({ host: "127.0.0.1", port }).on("error", () => {});
        onTestFinished(() => void onward.destroy());
        socket.pipe(onward).pipe(socket);
      }, 100);
    });
    await startClient().call(endpointOf(late.port), { do: "echo" }, { timeoutMs: 2_000 });
    expect(inbound[0]?.timeoutMs).toBeLessThan(2_000);
  });

  it.each([Number.POSITIVE_INFINITY, 1e300])("with the deadline %d wait long", async (timeoutMs) => {
    const { port } = await startServer();
    const answer = startClient().call(endpointOf(port), { do: "later", ms: 30, data: 1 }, { timeoutMs });
    expect(await answer).toBe(1);
  });

  it("with a trace id that would end a frame's text do not break the connection", async () => {
    const { port, inbound } = await startServer();
    const { call } = startClient();
    const tx = 'x",0]\n[1,9,{"do":"echo"},1000,"y';
    expect(await call(endpointOf(port), { do: "echo", data: 1 }, { tx })).toBe(1);
    expect(await call(endpointOf(port, []), { do: "echo", data: 1 }, { tx })).toBe(1);
    for (const { tx: got } of inbound) expect(got).toMatch(/^[0-9a-f]{32}$/);
  });

  it("that expire give their action's signal up, here and there", async () => {
    const { port, calls } = await startServer();
    const { call } = startClient();
    await expect(call(endpointOf(port), { do: "never" }, { timeoutMs: 200 })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    await until(() => calls[0]?.signal.aborted, "the far signal fires");
  });

  it("that are given up fire the far action's signal", async () => {
    const { port, calls } = await startServer();
    const { call } = startClient();
    const giveUp = new AbortController();
    const given = call(endpointOf(port), { do: "never" }, { signal: giveUp.signal });
    await until(() => calls.length === 1, "the call arrives");
    const signal = calls[0]?.signal;
    giveUp.abort();
    await expect(given).rejects.toMatchObject({ code: "canceled" });
    await until(() => signal?.aborted, "the far signal fires");
    expect(await call(endpointOf(port), { do: "echo", data: "same connection" })).toBe("same connection");
  });

  it("that are given up before the peer greets are never sent", async () => {
    const { port, calls } = await startServer();
    const { call } = startClient();
    const giveUp = new AbortController();
    const given = call(endpointOf(port), { do: "never" }, { signal: giveUp.signal });
    giveUp.abort();
    await expect(given).rejects.toMatchObject({ code: "canceled" });
    await call(endpointOf(port), { do: "echo" });
    expect(calls).toHaveLength(1);
  });

  it.each([
    [
      "our protocol",
      async (port: number) => {
        const peer = await greetedPeer(port);
        peer.send('[1,1,{"do":"never"},5000,"t",0]\n[1,2,{"do":"never"},5000,"t",0]\n');
        return peer.socket;
      },
    ],
    [
      "HTTP",
      async (port: number) => {
        const { socket, send } = await rawPeer(port);
        send("GET /act?do=never HTTP/1.1\r\nhost: x\r\nvastify-timeout-ms: 60000\r\n\r\n".repeat(2));
        return socket;
      },
    ],
  ])("in flight are canceled when their caller hangs up, over %s", async (_what, open) => {
    const { port, calls } = await startServer();
    const socket = await open(port);
    await until(() => calls.length === 2, "the calls arrive");
    const signals = calls.map(({ signal }) => signal);
    socket.destroy();
    await until(() => signals.every(({ aborted }) => aborted), "their signals fire");
  });

  it.each([
    ["on one connection", { maxCallsPerConnection: 2 }],
    ["in the process", { maxCalls: 2 }],
  ])("over the limit %s are refused, the others go on", async (_what, limits) => {
    const { port } = await startServer({ limits });
    const peer = await greetedPeer(port);
    peer.send(
      '[1,1,{"do":"later","ms":100},5000,"t",0]\n[1,2,{"do":"never"},5000,"t",0]\n[1,3,{"do":"echo"},5000,"t",0]\n',
    );
    expect(await peer.next()).toMatchObject([3, 3, { code: "resource_exhausted", reason: "too_many_calls" }]);
    expect(await peer.next()).toEqual([2, 1, null]);
    peer.send(echo(4));
    expect(await peer.next()).toEqual([2, 4, 4]);
  });

  it("over the limit on one connection are refused over HTTP too", async () => {
    const { port } = await startServer({ limits: { maxCallsPerConnection: 2 } });
    const { send, rest } = await rawPeer(port);
    const request = (query: string) => `GET /act?${query} HTTP/1.1\r\nhost: x\r\n\r\n`;
    send(
      request("do=later&ms=50") +
        request("do=later&ms=50") +
        request("do=later&ms=50").replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"),
    );
    const answers = await rest();
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 429"]);
  });
});

describe("a peer that does not read", () => {
  it("is not read from either, and others are served", async () => {
    const { port, calls } = await startServer();
    const peer = await greetedPeer(port);
    peer.socket.pause();
    const padding = "x".repeat(2_000);
    for (let id = 1; id <= 2_000; id++)
      peer.send(`[1,${id},{"do":"big","bytes":20000,"padding":"${padding}"},5000,"t",0]\n`);
    await until(() => calls.length > 0, "the first calls arrive");
    let before = -1;
    await until(async () => {
      const same = calls.length === before;
      before = calls.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return same;
    }, "no more calls are read");
    expect(calls.length).toBeLessThan(2_000);
    await expectServes(port);
    peer.socket.resume();
    await until(
      () => calls.filter(({ message }) => message.do === "big").length === 2_000,
      "all calls are read once the peer reads",
    );
  });

  it("gets errors for results that would fill our memory", async () => {
    const { port, calls } = await startServer({ limits: { maxCallsPerConnection: 1_000 } });
    const peer = await greetedPeer(port);
    peer.socket.pause();
    const data = "x".repeat(500_000);
    for (let id = 1; id <= 300; id++) peer.send(`[1,${id},{"do":"never","data":"${data}"},60000,"t",0]\n`);
    await until(() => calls.length === 300, "all calls arrive", 40_000);
    for (const call of calls) call.succeed(call.message.data);
    peer.socket.resume();
    const kinds = [];
    for (let n = 0; n < 300; n++) kinds.push(((await peer.next()) as unknown[])[0]);
    expect(kinds.filter((kind) => kind === 2).length).toBeGreaterThan(10);
    expect(kinds.filter((kind) => kind === 3).length).toBeGreaterThan(10);
  });

  it("gets no more calls from us than fit", async () => {
    const stuck = await foreignServer((socket) => {
      socket.write(hello);
      socket.once("data", () => socket.pause());
    });
    const { call } = startClient();
    const data = "x".repeat(4_000_000);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, () => call(endpointOf(stuck.port), { do: "echo", data }, { timeoutMs: 3_000 })),
    );
    const reasons = outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.reason : "answered"));
    expect(reasons).toContain("too_many_calls");
    expect(reasons).toContain("deadline_exceeded");
  });
});

describe("a peer that", () => {
  it("is not there is unreachable: the call did not run", async () => {
    const { port, server } = await foreignServer(() => {});
    await new Promise((resolve) => server.close(resolve));
    await expect(startClient().call(endpointOf(port), { do: "echo" })).rejects.toMatchObject({
      code: "unavailable",
      reason: "peer_unreachable",
    });
  });

  it.each([
    ["hangs up before it greets", (socket: Socket) => void socket.once("data", () => socket.destroy())],
    ["hangs up at once", (socket: Socket) => void socket.destroy()],
  ])("%s is unreachable, and has not seen a call", async (_what, onSocket) => {
    let heard = "";
    const { port } = await foreignServer((socket) => {
      socket.on("data", (chunk) => {
        heard += chunk;
      });
      onSocket(socket);
    });
    await expect(startClient().call(endpointOf(port), { do: "echo" })).rejects.toMatchObject({
      code: "unavailable",
      reason: "peer_unreachable",
    });
    expect(heard).not.toContain("echo");
  });

  it("hangs up on a call is lost: nobody knows whether it ran", async () => {
    const { port } = await foreignServer((socket) => {
      socket.write(hello);
      socket.on("data", (chunk) => {
        if (chunk.includes("echo")) socket.destroy();
      });
    });
    await expect(startClient().call(endpointOf(port), { do: "echo" })).rejects.toMatchObject({
      code: "unavailable",
      reason: "peer_lost",
    });
  });

  it.each([
    ["greets as HTTP would", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["greets with no object", "vastify/1 {\n"],
    ["greets with a frame", "[2,1,null]\n"],
    ["answers what is no frame", `${hello}{}\n`],
    ["answers more than we take", `${hello}[2,1,"${"x".repeat(50_000)}"]\n`],
  ])("%s fails the call without blaming its caller", async (_what, text) => {
    const { port } = await foreignServer((socket) => void socket.write(text));
    const failed = await startClient({ maxBytes: 10_000 })
      .call(endpointOf(port), { do: "echo" })
      .catch((error) => error.code);
    expect(["internal", "resource_exhausted", "unavailable"]).toContain(failed);
  });

  it("answers what we never asked is ignored", async () => {
    const { port } = await foreignServer((socket) => {
      socket.write(`${hello}[2,77,"x"]\n[3,78,{}]\n[2]\n[99,"a newer frame"]\n[]\n`);
      socket.on("data", (chunk) => {
        if (chunk.includes("echo")) socket.write('[2,1,"right"]\n');
      });
    });
    expect(await startClient().call(endpointOf(port), { do: "echo" })).toBe("right");
  });

  it("goes silent is found out by the heartbeat", async () => {
    const { port } = await foreignServer((socket) => void socket.write(hello));
    await expect(
      startClient({ heartbeatMs: 50 }).call(endpointOf(port), { do: "echo" }, { timeoutMs: 60_000 }),
    ).rejects.toMatchObject({ code: "unavailable", reason: "peer_lost" });
  });

  it("is frozen is found out by the heartbeat", async () => {
    const child = fork(new URL("../fixtures/frozen-peer.mjs", import.meta.url), { stdio: "ignore" });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [port] = (await once(child, "message")) as [number];
    const { call } = startClient({ heartbeatMs: 100 });
    expect(await call(endpointOf(port), { do: "echo" }, { timeoutMs: 60_000 })).toBe("alive");
    child.kill("SIGSTOP");
    await expect(call(endpointOf(port), { do: "echo" }, { timeoutMs: 60_000 })).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("only takes its time is not given up", async () => {
    const { port } = await startServer();
    const { call } = startClient({ heartbeatMs: 100 });
    expect(await call(endpointOf(port), { do: "later", ms: 1_000, data: 1 })).toBe(1);
  });

  it("comes back on the same port is called again", async () => {
    const first = await startServer();
    const { call } = startClient();
    expect(await call(endpointOf(first.port), { do: "echo", data: 1 })).toBe(1);
    const endpoint = endpointOf(first.port);
    await first.server.close(0);
    await startServer({ port: first.port });
    await until(() => call(endpoint, { do: "echo", data: 2 }), "it is called again");
  });
});

describe("a server that leaves", () => {
  it("says goodbye, refuses new calls and finishes those in flight", async () => {
    const { server, port } = await startServer();
    const peer = await greetedPeer(port);
    peer.send(`${echo(1)}[1,2,{"do":"later","ms":200,"data":"done"},5000,"t",0]\n`);
    expect(await peer.next()).toEqual([2, 1, 1]);
    server.refuse();
    expect(await peer.next()).toEqual([7]);
    peer.send(echo(3));
    expect(await peer.next()).toMatchObject([3, 3, { code: "unavailable", reason: "draining" }]);
    expect(await peer.next()).toEqual([2, 2, "done"]);
    const late = await greetedPeer(port);
    expect(await late.next()).toEqual([7]);
    const response = await fetch(`http://127.0.0.1:${port}/act?do=echo`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ reason: "draining" });
  });

  it("is left by its callers once their calls are done; new ones are told so", async () => {
    const { server, port } = await startServer();
    const { call } = startClient();
    const inFlight = call(endpointOf(port), { do: "later", ms: 200, data: "done" });
    await call(endpointOf(port), { do: "echo" });
    server.refuse();
    await expect(call(endpointOf(port), { do: "echo" })).rejects.toMatchObject({ reason: "draining" });
    expect(await inFlight).toBe("done");
  });

  it("waits for calls in flight before it closes", async () => {
    const { server, port, calls } = await startServer();
    const peer = await greetedPeer(port);
    peer.send(`[1,2,{"do":"later","ms":100,"data":"done"},5000,"t",0]\n${echo(1)}`);
    expect(await peer.next()).toEqual([2, 1, 1]);
    const http = fetch(`http://127.0.0.1:${port}/act?do=later&ms=100&data=done`).then((response) => response.json());
    await until(() => calls.length === 3, "the request arrives");
    const closed = server.close(5_000);
    expect(await peer.next()).toEqual([2, 2, "done"]);
    expect(await http).toBe("done");
    await closed;
  });

  it.each([
    ["calls that never end", `${hello}[1,1,{"do":"never"},60000,"t",0]\n`],
    ["HTTP requests that never end", "GET /act?do=never HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["a connection that said nothing", ""],
    ["half a greeting", "vastify"],
    ["half a request", "GET /act HTT"],
  ])("closes after the grace whatever peers do: %s", async (_what, text) => {
    const { server, port } = await startServer();
    const peer = await rawPeer(port);
    peer.send(text);
    await turn();
    await server.close(100);
    await peer.rest();
  });

  it("closes although a connection says what it speaks only while it does", async () => {
    const { server, port } = await startServer();
    const busy = await greetedPeer(port);
    busy.send('[1,1,{"do":"later","ms":300},5000,"t",0]\n[5]\n');
    await busy.next();
    const quiet = [await rawPeer(port), await rawPeer(port)];
    await expectServes(port);
    const closed = server.close(5_000);
    quiet[0]?.send(hello);
    quiet[1]?.send("GET /act?do=echo HTTP/1.1\r\nhost: x\r\n\r\n");
    await closed;
    await Promise.all(quiet.map((peer) => peer.rest()));
  });

  it("closes although a peer reads nothing", async () => {
    const { server, port, calls } = await startServer();
    const peer = await greetedPeer(port);
    peer.socket.pause();
    for (let id = 1; id <= 100; id++) peer.send(`[1,${id},{"do":"big","bytes":1000000},5000,"t",0]\n`);
    await until(() => calls.length > 0, "calls arrive");
    await server.close(100);
  });

  it("may be told so twice", async () => {
    const { server } = await startServer();
    await Promise.all([server.close(10), server.close(10)]);
    await server.close(10);
  });
});

describe("the shared secret", () => {
  it.each([
    ["right", "s3cret", true],
    ["wrong", "s3cre", false],
    ["missing", undefined, false],
  ])("%s", async (_what, secret, isIn) => {
    const { port } = await startServer({ secret: "s3cret" });
    const called = startClient({ secret }).call(endpointOf(port), { do: "echo", data: "in" });
    if (isIn) expect(await called).toBe("in");
    else await expect(called).rejects.toMatchObject({ code: "unauthenticated", reason: "bad_secret" });
    const headers: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
    const response = await fetch(`http://127.0.0.1:${port}/act?do=echo&data=in`, { headers });
    expect(response.status).toBe(isIn ? 200 : 401);
    expect(await response.text()).toContain(isIn ? "in" : "bad_secret");
  });

  it.each(['{"secret":["s3cret"]}', '{"secret":1}', "null", "7", '"s3cret"', "[]"])(
    "is not %s, and no call is looked at",
    async (greeting) => {
      const { port, calls } = await startServer({ secret: "s3cret" });
      const peer = await rawPeer(port);
      peer.send(`vastify/1 ${greeting}\n${echo(1)}`);
      await expectRefused(peer, "bad_secret");
      expect(calls).toHaveLength(0);
    },
  );
});

describe("TLS", () => {
  let pki: Record<"ca" | "cert" | "key" | "otherCa" | "otherCert" | "otherKey", string>;
  beforeAll(async () => {
    pki = await makeCertificates();
  });

  const overTls = (port: number) => endpointOf(port, [ownProtocolOverTls]);

  it("carries both protocols", async () => {
    const { ca, cert, key } = pki;
    const { port } = await startServer({ tls: { cert, key } });
    expect(await startClient({ tls: { ca } }).call(overTls(port), { do: "echo", data: 1 })).toBe(1);
    const peer = peerOf(connectTls({ host: "127.0.0.1", port, ca }));
    peer.send("GET /act?do=echo&data=x HTTP/1.0\r\n\r\n");
    expect(await peer.rest()).toContain('"x"');
  });

  it("is refused when the peer's certificate is not of our authority", async () => {
    const { otherCa, cert, key } = pki;
    const { port, calls } = await startServer({ tls: { cert, key } });
    const called = startClient({ tls: { ca: otherCa } }).call(overTls(port), { do: "echo" });
    await expect(called).rejects.toMatchObject({ reason: "peer_unreachable" });
    expect(calls).toHaveLength(0);
  });

  it.each([
    ["with a certificate of ours", () => ({ cert: pki.cert, key: pki.key }), true],
    ["without a certificate", () => ({}), false],
    ["with another authority's certificate", () => ({ cert: pki.otherCert, key: pki.otherKey }), false],
  ])("on both sides: a caller %s", async (_what, own, isIn) => {
    const { ca, cert, key } = pki;
    const { port, calls } = await startServer({ tls: { cert, key, ca, requestCert: true, rejectUnauthorized: true } });
    const called = startClient({ tls: { ca, ...own() } }).call(overTls(port), { do: "echo", data: "in" });
    if (isIn) expect(await called).toBe("in");
    else await expect(called).rejects.toMatchObject({ reason: "peer_unreachable" });
    expect(calls).toHaveLength(isIn ? 1 : 0);
  });

  it("is what a plain caller does not get past", async () => {
    const { cert, key } = pki;
    const { port } = await startServer({ tls: { cert, key }, limits: { helloTimeoutMs: 300 } });
    await expect(startClient().call(endpointOf(port), { do: "echo" })).rejects.toMatchObject({
      reason: "peer_unreachable",
    });
  });

  it("keeps nobody from closing who does not shake hands", async () => {
    const { cert, key } = pki;
    const { server, port } = await startServer({ tls: { cert, key } });
    const peer = await rawPeer(port);
    await turn();
    await server.close(100);
    await peer.rest();
  });

  it("gives a peer that does not shake hands no more than helloTimeoutMs", async () => {
    const { cert, key } = pki;
    const { port } = await startServer({ tls: { cert, key }, limits: { helloTimeoutMs: 100 } });
    await (await rawPeer(port)).rest();
  });
});

describe("docs/reference/protocol.md", () => {
  const page = readFileSync(new URL("../../../../docs/reference/protocol.md", import.meta.url), "utf8");
  const session = /<!-- session -->\s*```text\n([\s\S]*?)```/.exec(page)?.[1] ?? "";

  it("shows a session that happens so, byte for byte", async () => {
    const { port, server } = await startServer();
    const peer = await rawPeer(port);
    const lines = session.split("\n").filter((line) => /^[<>] /.test(line));
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) {
      const text = line.slice(2);
      if (text === "[7]") server.refuse();
      if (line.startsWith("> ")) peer.send(`${text}\n`);
      else expect(JSON.stringify(await peer.next())).toBe(text.startsWith("[") ? text : JSON.stringify(text));
    }
  });

  it("tells the default limits", async () => {
    for (const text of ["1,048,576", "128 levels", "10,000", "50,000", "16,384"]) expect(page).toContain(text);
  });
});

it("nothing is left open at the end", async () => {
  const child = fork(new URL("../fixtures/transport-ends.mjs", import.meta.url), { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  expect(await once(child, "exit")).toEqual([0, null]);
});

/** `openssl` of the machine, or Debian's, unpacked. */
async function findOpenssl(): Promise<{ command: string; env: NodeJS.ProcessEnv }> {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return { command: "openssl", env: process.env };
  } catch {
    const into = join(cacheFolder(), "openssl");
    const dir = await fetchDebianPackages({ suite: "bookworm", packages: ["openssl", "libssl3"], into });
    const libraries = readdirSync(join(dir, "usr/lib"))
      .map((name) => join(dir, "usr/lib", name))
      .join(":");
    const env = { ...process.env, LD_LIBRARY_PATH: libraries, OPENSSL_CONF: join(dir, "etc/ssl/openssl.cnf") };
    return { command: join(dir, "usr/bin/openssl"), env };
  }
}

async function makeCertificates() {
  const { command, env } = await findOpenssl();
  const dir = mkdtempSync(join(tmpdir(), "vastify-tls-"));
  try {
    const run = (...args: string[]) => execFileSync(command, args, { cwd: dir, env, stdio: "ignore" });
    const read = (file: string) => readFileSync(join(dir, file), "utf8");
    writeFileSync(join(dir, "ext"), "subjectAltName=IP:127.0.0.1");
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const authority = (name: string) => {
      run(
        "req",
        "-x509",
        ...newKey,
        "-days",
        "2",
        "-subj",
        `/CN=${name}`,
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.pem`,
      );
      run("req", ...newKey, "-subj", "/CN=peer", "-keyout", `${name}-peer.key`, "-out", "peer.csr");
      run(
        ...["x509", "-req", "-in", "peer.csr", "-CA", `${name}.pem`, "-CAkey", `${name}.key`, "-CAcreateserial"],
        ...["-days", "2", "-extfile", "ext", "-out", `${name}-peer.pem`],
      );
      return { ca: read(`${name}.pem`), cert: read(`${name}-peer.pem`), key: read(`${name}-peer.key`) };
    };
    const other = authority("other");
    return { ...authority("ours"), otherCa: other.ca, otherCert: other.cert, otherKey: other.key };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
