import { PassThrough, type Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAction, defineContract, implement, MessageSplitter, withLength } from "../contracts/index.js";
import { silentLogger, VastifyError } from "../core/index.js";
import { closeSeneca } from "./create-seneca.js";
import { createDispatcher, type Dispatcher } from "./dispatcher.js";
import { hostContract } from "./host-contract.js";

const open: Dispatcher[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ seneca }) => closeSeneca(seneca)));
});

/** The deadline is only for the case that it never happens. */
const patiently = { timeout: 30_000 };

const texts = { receives: "text", sends: "text" } as const;
const route = (path: string) => ({ method: "GET", path }) as const;
const contract = defineContract({
  target: "here",
  version: "1.0.0",
  actions: {
    echo: defineAction({ access: "public", rest: route("/echo"), socket: texts }),
    first: defineAction({ access: "public", rest: route("/first"), socket: texts }),
    waits: defineAction({ access: "public", rest: route("/waits"), socket: texts }),
    silent: defineAction({ access: "public", rest: route("/silent"), socket: texts }),
    refuses: defineAction({ access: "public", rest: route("/refuses"), socket: texts }),
    forgets: defineAction({ access: "public", rest: route("/forgets"), socket: texts }),
    hello: defineAction({ output: z.string() }),
  },
});

function host(timeoutMs = 2_000) {
  const said: string[] = [];
  const remote = { isHere: () => true, send: () => {} };
  const dispatcher = createDispatcher({ name: "here", log: silentLogger, timeoutMs, remote });
  open.push(dispatcher);
  const silence: AsyncIterableIterator<string> = {
    [Symbol.asyncIterator]: () => silence,
    next: () => new Promise(() => {}),
    async return() {
      said.push("let go");
      return { done: true, value: undefined };
    },
  };
  const implementation = implement(contract, {
    async *echo(_input, context) {
      for await (const text of context.received) yield `${await context.caller(contract).hello()}, ${text}`;
    },
    async *first(_input, { received }) {
      const { value } = await received.next();
      yield `only ${value}`;
    },
    async *waits(_input, { received, signal }) {
      signal.addEventListener("abort", () => said.push(`signal: ${signal.reason.message}`));
      yield "here";
      said.push("waits");
      await received.next().catch((error) => said.push(`received: ${error.message}`));
    },
    silent: () => silence,
    refuses: async () => {
      throw new VastifyError("not_found", "no such room", { reason: "no_room" });
    },
    forgets: (async () => ({ none: true })) as never,
    hello: () => "Hello",
  });
  hostContract(dispatcher.seneca, implementation, { log: silentLogger, isHere: () => true });

  async function talkTo(action: string) {
    const socket = new PassThrough();
    const result = (await dispatcher.act({ action, socket })) as Readable;
    const messages = result.pipe(new MessageSplitter(1_000));
    return { socket, result, messages, say: (text: string) => socket.write(withLength(Buffer.from(text))) };
  }
  return { ...dispatcher, talkTo, said };
}

describe("an action that talks over a socket", () => {
  it.each(["directly", "by Seneca's machinery"])(
    "is run %s, and calls others for longer than its deadline",
    async (way) => {
      const { seneca, talkTo } = host(50);
      // Somebody who listens is served by Seneca alone.
      if (way !== "directly") seneca.sub({ action: "echo" }, () => {});
      const { socket, messages, say } = await talkTo("echo");
      await new Promise((resolve) => setTimeout(resolve, 100));
      say("Ada");
      say("Bob");
      socket.end();
      expect((await messages.toArray()).map(String)).toEqual(["Hello, Ada", "Hello, Bob"]);
    },
  );

  it("lets its client's stream go when it is done", async () => {
    const { socket, messages, say } = await host().talkTo("first");
    say("one");
    say("two");
    expect((await messages.toArray()).map(String)).toEqual(["only one"]);
    expect(socket.destroyed).toBe(true);
  });

  it("hears at once when nobody reads it any more, whatever it waits for", async () => {
    const { talkTo, said } = host();
    const { result, messages } = await talkTo("waits");
    messages.resume();
    await expect.poll(() => said, patiently).toEqual(["waits"]);
    result.destroy();
    await expect
      .poll(() => said, patiently)
      .toEqual(["waits", "signal: the client is gone", "received: the client is gone"]);
  });

  it.each(["before anybody reads", "while it waits"])("is let go, once, %s", async (when) => {
    const { act, said } = host();
    const result = (await act({ action: "silent", socket: new PassThrough() })) as Readable;
    if (when === "while it waits") result.resume();
    result.destroy();
    await expect.poll(() => said, patiently).toEqual(["let go"]);
  });

  it("that nobody reads has begun, and hears of it", async () => {
    const { act, said } = host();
    const result = (await act({ action: "waits", socket: new PassThrough() })) as Readable;
    result.destroy();
    await expect.poll(() => said, patiently).toContain("signal: the client is gone");
  });

  it("refuses before it begins, by throwing", async () => {
    const { act } = host();
    const socket = new PassThrough();
    await expect(act({ action: "refuses", socket })).rejects.toMatchObject({ reason: "no_room" });
    expect(socket.destroyed).toBe(true);
  });

  it("must give messages, and be given some", async () => {
    const { act } = host();
    const asked = act({ action: "forgets", socket: new PassThrough() });
    await expect(asked).rejects.toMatchObject({ code: "internal", reason: "bad_output" });
    await expect(act({ action: "echo" })).rejects.toMatchObject({ reason: "bad_message" });
  });
});
