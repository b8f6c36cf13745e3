import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { Call, Deadlines, outcomeOf } from "../../src/core/index.js";
import { eventStream } from "../../src/index.js";
import { createTransportClient, createTransportServer, triedOnce } from "../../src/transport/index.js";
import { until } from "../support/services.js";
import { endpointOf, greetedPeer, hello, peerOf, type RawPeer } from "../support/transport.js";

const deadlines = new Deadlines();
const quiet = (): Readable => new Readable({ read() {} });

/** A peer that says what a test tells it to, and a client of ours that calls it. */
async function serverByHand() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createTransportClient();
  onTestFinished(() => {
    client.close();
    server.close();
  });
  const { port } = server.address() as { port: number };
  async function accept(): Promise<RawPeer> {
    const [socket] = (await once(server, "connection")) as [Socket];
    return peerOf(socket);
  }
  const accepted = accept();
  function start(message: object, timeoutMs = 10_000): { call: Call; outcome: Promise<unknown> } {
    const call = new Call({ ...message }, { timeoutMs }, deadlines);
    const outcome = outcomeOf(call).catch((error) => error.code);
    client.to(endpointOf(port)).send(triedOnce(call));
    return { call, outcome };
  }
  async function greet(): Promise<RawPeer> {
    const peer = await accepted;
    await peer.next();
    peer.send(hello);
    return peer;
  }
  return { start, accepted, greet };
}

/** A server of ours whose actions a test answers, and a peer that says what it is told to. */
async function callerByHand() {
  const calls: Call[] = [];
  const server = createTransportServer({
    port: 0,
    handle({ message, tx, timeoutMs = 5_000, hops }) {
      const call = new Call(message, { timeoutMs, tx, hops }, deadlines);
      calls.push(call);
      call.watch();
      return call;
    },
  });
  const peer = await greetedPeer(await server.listen());
  onTestFinished(() => server.close(0));
  async function called(): Promise<Call> {
    return until(() => calls.shift(), "the call arrived");
  }
  return { server, peer, called };
}

describe("a caller of ours", () => {
  it.each([
    ["a stream", '[["","stream",1]]', "", [1]],
    ["streams and bytes", '[["a","stream",1],["b","bytes",3],["c","stream",2]]', "abc", [1, 2]],
  ])("stops %s of a result that crosses its cancel", async (_, attached, bytes, streams) => {
    const { start, greet } = await serverByHand();
    const { call, outcome } = start({ ask: "download" });
    const peer = await greet();
    const [, id] = (await peer.next()) as [number, number];
    call.cancel();
    expect(await outcome).toBe("canceled");
    // As a service that had answered before it heard of that.
    peer.send(`[2,${id},{},${attached}]\n${bytes}[8,1,5]\nbegun`);
    expect(await peer.next()).toEqual([4, id]);
    for (const stream of streams) expect(await peer.next()).toEqual([12, stream]);
  });

  it("stops a stream that comes after its call's deadline", async () => {
    const { start, greet } = await serverByHand();
    const { outcome } = start({ ask: "download" }, 50);
    const peer = await greet();
    const [, id] = (await peer.next()) as [number, number];
    expect(await outcome).toBe("deadline_exceeded");
    peer.send(`[2,${id},null,[["","stream",7]]]\n`);
    expect(await peer.next()).toEqual([4, id]);
    expect(await peer.next()).toEqual([12, 7]);
  });

  it("stops a stream whose announcement had not come whole when the call was given up", async () => {
    const { start, greet } = await serverByHand();
    const { call } = start({ ask: "download" });
    const peer = await greet();
    const [, id] = (await peer.next()) as [number, number];
    peer.send(`[2,${id},{},[["a","bytes",6],["b","stream",1]]]\nabc`);
    call.cancel();
    expect(await peer.next()).toEqual([4, id]);
    peer.send("def");
    expect(await peer.next()).toEqual([12, 1]);
  });

  it("lets its own streams go with the call that it gives up, whatever the peer does", async () => {
    const { start, greet } = await serverByHand();
    const file = quiet();
    const { call } = start({ file });
    const peer = await greet();
    const [, id] = (await peer.next()) as [number, number];
    call.cancel();
    expect(file.destroyed).toBe(true);
    expect(await peer.next()).toEqual([4, id]);
    expect(await peer.next()).toMatchObject([10, 1, {}]);
  });

  it("lets them go too when nothing of the call was sent yet", async () => {
    const { start, greet } = await serverByHand();
    const file = quiet();
    const { call } = start({ file });
    call.cancel();
    await greet();
    await until(() => file.destroyed, "it is let go");
  });
});

describe("a server of ours", () => {
  it("ends the stream of a result that crossed its caller's cancel, though nobody stops it", async () => {
    const { peer, called } = await callerByHand();
    peer.send('[1,1,{"ask":"download"}]\n');
    const file = quiet();
    (await called()).succeed(file);
    expect(await peer.next()).toEqual([2, 1, null, [["", "stream", 1]]]);
    peer.send("[4,1]\n");
    expect(await peer.next()).toMatchObject([10, 1, { code: "canceled" }]);
    expect(file.destroyed).toBe(true);
  });

  it("takes a cancel for the call that has the number now", async () => {
    const { peer, called } = await callerByHand();
    peer.send('[1,1,{"ask":"download"}]\n');
    const file = quiet();
    (await called()).succeed(file);
    await peer.next();
    peer.send('[1,1,{"ask":"anything"}]\n');
    (await called()).succeed("done");
    expect(await peer.next()).toEqual([2, 1, "done"]);
    peer.send("[4,1]\n[5]\n");
    expect(await peer.next()).toEqual([6]);
    expect(file.destroyed).toBe(false);
  });

  it("lets a stream go that its action gives after the cancel", async () => {
    const { peer, called } = await callerByHand();
    peer.send('[1,1,{"ask":"download"}]\n[4,1]\n');
    const call = await called();
    expect(await peer.next()).toMatchObject([3, 1, { code: "canceled" }]);
    const file = quiet();
    call.succeed({ body: file });
    expect(file.destroyed).toBe(true);
  });

  it("lets the streams of a result go that can't be sent", async () => {
    const { peer, called } = await callerByHand();
    peer.send('[1,1,{"ask":"download"}]\n');
    const body = quiet();
    (await called()).succeed({ count: 7n, body });
    expect(await peer.next()).toMatchObject([3, 1, { reason: "bad_result" }]);
    expect(body.destroyed).toBe(true);
  });

  it("waits no longer for a stopped stream whose source is slow to end", async () => {
    const { server, peer, called } = await callerByHand();
    peer.send('[1,1,{"ask":"download"}]\n');
    const file = new Readable({ read() {}, destroy() {} });
    (await called()).succeed(file);
    await peer.next();
    peer.send("[12,1]\n[5]\n");
    await peer.next();
    const closed = server.close(3_600_000);
    await closed;
  });

  it("ends a stream of events when it leaves, and lets one of bytes go on", async () => {
    const { server, peer, called } = await callerByHand();
    peer.send('[1,1,{"ask":"news"}]\n[1,2,{"ask":"download"}]\n');
    let isLetGo = false;
    async function* news(signal: AbortSignal) {
      yield { data: 1 };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      isLetGo = true;
    }
    (await called()).succeed(eventStream(news).body);
    const file = quiet();
    (await called()).succeed(file);
    expect(await peer.next()).toEqual([2, 1, null, [["", "stream", 1]]]);
    expect(await peer.next()).toEqual([2, 2, null, [["", "stream", 2]]]);
    expect(await peer.next()).toEqual([8, 1, 9]);
    expect([await peer.next(), await peer.next()]).toEqual(["data: 1", ""]);
    server.refuse();
    expect(await peer.next()).toEqual([7]);
    expect(await peer.next()).toEqual([9, 1]);
    await until(() => isLetGo, "its source was let go");
    file.push("the end");
    file.push(null);
    expect(await peer.next()).toEqual([8, 2, 7]);
  });

  it("ends one at once that an action gives while it leaves", async () => {
    const { server, peer, called } = await callerByHand();
    peer.send('[1,1,{"ask":"news"}]\n');
    const call = await called();
    server.refuse();
    expect(await peer.next()).toEqual([7]);
    call.succeed(eventStream(quiet() as never).body);
    expect(await peer.next()).toEqual([2, 1, null, [["", "stream", 1]]]);
    expect(await peer.next()).toEqual([9, 1]);
  });
});
