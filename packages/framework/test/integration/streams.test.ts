import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { Call, Deadlines, type Message, outcomeOf, VastifyError } from "../../src/core/index.js";
import {
  createTransportClient,
  createTransportServer,
  type InboundHandler,
  ownProtocol,
  triedOnce,
} from "../../src/transport/index.js";
import { until } from "../support/services.js";
import { greetedPeer, startServer } from "../support/transport.js";

const deadlines = new Deadlines();
// biome-ignore lint/suspicious/noExplicitAny: each test knows what it sends
type Action = (message: any, call: Call) => unknown;

/** A server with one action, and how to call it. */
async function serving(action: Action) {
  const server = createTransportServer({
    port: 0,
    handle({ message, tx, timeoutMs = 5_000, hops }) {
      const call = new Call(message, { timeoutMs, tx, hops }, deadlines);
      Promise.resolve()
        .then(() => action(message, call))
        .then(
          (result) => call.succeed(result),
          (error) => call.fail(error),
        );
      call.watch();
      return call;
    },
  });
  const endpoint = { host: "127.0.0.1", port: await server.listen(), protocols: [ownProtocol] };
  const client = createTransportClient();
  onTestFinished(async () => {
    client.close();
    await server.close(100);
  });
  function start(message: object): Call {
    const call = new Call({ ...message }, { timeoutMs: 10_000 }, deadlines);
    client.to(endpoint).send(triedOnce(call));
    return call;
  }
  const { port } = endpoint;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it gets
  return { server, port, start, call: (message: object): Promise<any> => outcomeOf(start(message)) };
}

/** Answers each call at once. */
function answering(resultOf: (message: Message) => unknown): InboundHandler {
  return ({ message }) => {
    const call = new Call(message, { timeoutMs: 5_000 }, deadlines);
    call.succeed(resultOf(message));
    return call;
  };
}

async function digestOf(stream: Readable): Promise<{ bytes: number; sha: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha: hash.digest("hex") };
}

/** `bytes` of random data, in chunks of uneven sizes, and its digest once read. */
function randomStream(bytes: number) {
  const hash = createHash("sha256");
  function* chunks() {
    for (let left = bytes; left > 0; ) {
      const chunk = randomBytes(Math.min(left, 1 + ((left * 7919) % 150_000)));
      hash.update(chunk);
      left -= chunk.length;
      yield chunk;
    }
  }
  return { stream: Readable.from(chunks(), { objectMode: false }), sha: () => hash.digest("hex") };
}

describe("bytes", () => {
  it("are refused when one is there twice, since it can be read only once", async () => {
    const { call } = await serving(() => null);
    const file = Readable.from(["text"]);
    await expect(call({ file, copy: file })).rejects.toMatchObject({
      message: "a stream can be read only once, and there is one twice among file, copy",
    });
  });

  it.each([0, 1, 10, 1_000, 300_000])("%i of them cross as they are, in messages and results", async (size) => {
    const { call } = await serving(({ data, name }) => ({
      name,
      size: data.length,
      back: Buffer.from(data).reverse(),
    }));
    const data = randomBytes(size);
    const { back, ...rest } = await call({ name: "文", data });
    expect(rest).toEqual({ name: "文", size });
    expect(Buffer.from(back).reverse().equals(data)).toBe(true);
  });

  it("may be the result itself", async () => {
    const { call } = await serving(() => Buffer.from("line\nfeed\n[1]\n"));
    expect(String(await call({}))).toBe("line\nfeed\n[1]\n");
  });

  it("over the limit are refused, and the next call is served by a new connection", async () => {
    const { call } = await serving(({ data }) => data?.length ?? "fine");
    await expect(call({ data: Buffer.alloc(1_100_000) })).rejects.toMatchObject({ reason: "body_too_large" });
    expect(await call({})).toBe("fine");
  });

  it("over the limit harm no other call", async () => {
    const { call } = await serving(async ({ data, bytes }) => {
      if (bytes !== undefined) return Buffer.alloc(bytes);
      await sleep(200);
      return data?.length ?? "fine";
    });
    await call({});
    const other = call({});
    await expect(call({ data: Buffer.alloc(1_100_000) })).rejects.toMatchObject({ reason: "body_too_large" });
    await expect(call({ bytes: 17_000_000 })).rejects.toMatchObject({ reason: "bad_result" });
    expect(await other).toBe("fine");
  });

  it("that a peer does not read do not fill our memory", async () => {
    const open: Call[] = [];
    const { port } = await startServer({
      handle({ message }) {
        const call = new Call(message, { timeoutMs: 60_000 }, deadlines);
        open.push(call);
        return call;
      },
    });
    const peer = await greetedPeer(port);
    peer.socket.pause();
    for (let id = 1; id <= 200; id++) peer.send(`[1,${id},{},60000,"t",0]\n`);
    await until(() => open.length === 200, "all calls arrive");
    for (const call of open) call.succeed(Buffer.alloc(1_000_000));
    let answers = "";
    peer.socket.on("data", (text: string) => {
      answers += text.replaceAll("\0", "");
    });
    peer.socket.resume();
    await until(() => answers.match(/\[[23],/g)?.length === 200, "all calls are answered", 20_000);
    expect(answers.match(/"bytes"/g)?.length).toBeLessThan(100);
    expect(answers.match(/"bad_result"/g)?.length).toBeGreaterThan(100);
  });

  it("over what the caller said it takes are not sent to it", async () => {
    const { port } = await startServer({ handle: answering(() => Buffer.alloc(11)) });
    const peer = await greetedPeer(port, 'vastify/1 {"maxBytes":10}\n');
    peer.send('[1,1,{},5000,"t",0]\n');
    expect(await peer.next()).toMatchObject([3, 1, { reason: "bad_result" }]);
  });

  it("are no message by themselves, and neither is a stream", async () => {
    const { port, calls } = await startServer();
    const peer = await greetedPeer(port);
    peer.send('[1,1,null,5000,"t",0,[["","bytes",3]]]\nabc');
    expect(await peer.next()).toMatchObject([3, 1, { reason: "bad_body" }]);
    peer.send('[1,2,null,5000,"t",0,[["","stream",1]]]\n');
    const answers = [await peer.next(), await peer.next()];
    expect(answers).toContainEqual([12, 1]);
    expect(answers).toContainEqual([3, 2, expect.objectContaining({ reason: "bad_body" })]);
    expect(calls).toEqual([]);
  });

  it("do not come under a key that reaches a prototype", async () => {
    const { port } = await startServer({ handle: answering((message) => Object.keys(message)) });
    const peer = await greetedPeer(port);
    peer.send('[1,1,{},5000,"t",0,[["constructor","bytes",1],["__proto__","bytes",1],["a","bytes",1]]]\nxyz');
    expect(await peer.next()).toEqual([2, 1, ["a"]]);
  });

  it("don't disturb calls around them", async () => {
    const { call } = await serving(({ data, n }) => ({ n, size: data?.length ?? 0 }));
    const calls = Array.from({ length: 200 }, (_, n) =>
      call(n % 3 === 0 ? { n, data: randomBytes(n * 100) } : { n, text: "文".repeat(n) }),
    );
    const results = await Promise.all(calls);
    expect(results).toEqual(results.map((_, n) => ({ n, size: n % 3 === 0 ? n * 100 : 0 })));
  });
});

describe("streams", () => {
  it("carry an upload", async () => {
    const { call } = await serving(({ file }) => digestOf(file));
    const { stream, sha } = randomStream(5_000_000);
    const got = await call({ name: "file", file: stream });
    expect(got).toEqual({ bytes: 5_000_000, sha: sha() });
  });

  it("carry a download, alone or in an object", async () => {
    const sent = randomStream(3_000_000);
    const { call } = await serving(({ alone }) =>
      alone ? sent.stream : { type: "text/plain", body: Readable.from(["a", "b"]) },
    );
    expect(await digestOf(await call({ alone: true }))).toEqual({ bytes: 3_000_000, sha: sent.sha() });
    const { type, body } = await call({});
    expect([type, (await digestOf(body)).bytes]).toEqual(["text/plain", 2]);
  });

  it("go through an action that gives back what it got", async () => {
    const { call } = await serving(({ file }) => file);
    const { stream, sha } = randomStream(2_000_000);
    expect(await digestOf(await call({ file: stream }))).toEqual({ bytes: 2_000_000, sha: sha() });
  });

  it("interleave with each other and with calls", async () => {
    const { call } = await serving(({ file, n }) => (file ? digestOf(file) : { n }));
    const uploads = [1, 2, 3].map(() => randomStream(1_000_000));
    const digests = uploads.map(({ stream }) => call({ file: stream }));
    const quick = await Promise.all(Array.from({ length: 50 }, (_, n) => call({ n })));
    expect(quick).toHaveLength(50);
    const got = await Promise.all(digests);
    expect(got.map(({ sha }) => sha)).toEqual(uploads.map(({ sha }) => sha()));
  });

  it("wait for a slow reader instead of filling its memory", async () => {
    let pulled = 0;
    const endless = new Readable({
      read() {
        pulled += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    const { call } = await serving(() => endless);
    const stream: Readable = await call({});
    stream.once("readable", () => {});
    await until(() => pulled > 200_000, "it began to flow");
    await sleep(200);
    expect(pulled).toBeLessThan(4_000_000);
    stream.destroy();
    await until(() => endless.destroyed, "the sender heard that nobody reads");
  });

  it("that fail tell the reader why, without secrets", async () => {
    const failing = (error: Error) =>
      new Readable({
        read() {
          this.destroy(error);
        },
      });
    const { call } = await serving(({ ours }) =>
      failing(ours ? new VastifyError("not_found", "no such file") : new Error("secret path")),
    );
    await expect(digestOf(await call({ ours: true }))).rejects.toMatchObject({
      code: "not_found",
      message: "no such file",
    });
    const failure = digestOf(await call({}));
    await expect(failure).rejects.toMatchObject({ code: "internal" });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  });

  it("that an action does not read are stopped", async () => {
    const { call } = await serving(() => "no, thanks");
    const { stream } = randomStream(50_000_000);
    expect(await call({ file: stream })).toBe("no, thanks");
    await until(() => stream.destroyed, "the upload was stopped");
  });

  it("that an action has begun to read live on after its call", async () => {
    let read = "";
    const { call } = await serving(({ file }) => {
      file.on("data", (chunk: Buffer) => {
        read += chunk;
      });
    });
    const file = new Readable({ read: () => {} });
    await call({ file });
    file.push("later");
    await until(() => read === "later", "it goes on");
  });

  it("beyond those that a connection carries are refused alone", async () => {
    const { call } = await serving(({ file }) => void file?.resume());
    const endless = () => ({ file: new Readable({ read: () => {} }) });
    const carried = Array.from({ length: 9_937 }, endless);
    await Promise.all(carried.map(call));
    await expect(call(endless())).rejects.toMatchObject({ code: "resource_exhausted", reason: "too_many_calls" });
    await call({});
    carried[0]?.file.push(null);
    await until(() => call(endless()).then(() => true), "there is room again");
    expect(carried.filter(({ file }) => file.destroyed)).toHaveLength(1);
  });

  it("of a call that is given up end on both sides", async () => {
    let received: Readable | undefined;
    const { start } = await serving(({ file }) => {
      received = file;
      return new Promise(() => {});
    });
    const endless = new Readable({ read: () => {} });
    const call = start({ file: endless });
    const failed = outcomeOf(call).catch((error) => error.code);
    await until(() => received, "the action has it");
    call.cancel();
    expect(await failed).toBe("canceled");
    await until(() => received?.destroyed && endless.destroyed, "both ended");
  });

  it.each(["0.5", "-1", '"1"', "null", "1e999"])("may not be sent %s bytes more", async (credit) => {
    const { port } = await startServer({
      handle: answering(() => Readable.from([Buffer.alloc(300_000)], { objectMode: false })),
    });
    const peer = await greetedPeer(port);
    let said = "";
    peer.socket.on("data", (text: string) => {
      said += text.replaceAll("\0", "");
    });
    peer.send('[1,1,{},5000,"t",0]\n');
    await until(() => said.split("[8,1,").length === 5, "the credit is used up");
    peer.send(`[11,1,${credit}]\n`);
    await until(() => said.includes('"bad_frame"'), "it is refused");
    expect(said).not.toContain("[8,1,0]");
  });

  it("break off when the connection does", async () => {
    const { call, server } = await serving(() => new Readable({ read: () => {} }));
    const stream: Readable = await call({});
    const failed = once(stream, "error");
    stream.resume();
    await server.close(0);
    expect((await failed)[0]).toMatchObject({ code: "unavailable", reason: "peer_lost" });
  });

  it("that a result brought go on while the server leaves, in both directions' backpressure", async () => {
    const sent = randomStream(3_000_000);
    const { call, server } = await serving(() => sent.stream);
    const stream: Readable = await call({});
    server.refuse();
    const closed = server.close(20_000);
    expect(await digestOf(stream)).toEqual({ bytes: 3_000_000, sha: sent.sha() });
    await closed;
  });

  it("in a result are refused for a caller that speaks only Seneca's protocol", async () => {
    const endless = new Readable({ read: () => {} });
    const { port } = await serving(() => ({ name: "a.txt", file: endless }));
    const response = await fetch(`http://127.0.0.1:${port}/act`, { method: "POST", body: "{}" });
    expect([response.status, await response.json()]).toMatchObject([400, { reason: "no_attachments" }]);
    expect(endless.destroyed).toBe(true);
  });

  it("are refused for a peer that speaks only Seneca's protocol", async () => {
    const client = createTransportClient();
    onTestFinished(() => client.close());
    const call = new Call({ file: Readable.from(["x"]) }, { timeoutMs: 1_000 }, deadlines);
    client.to({ host: "127.0.0.1", port: 1, protocols: [] }).send(triedOnce(call));
    await expect(outcomeOf(call)).rejects.toMatchObject({ reason: "no_attachments" });
  });
});
