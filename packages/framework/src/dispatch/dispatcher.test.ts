import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { type Addressee, type Call, outcomeOf, silentLogger, VastifyError } from "../core/index.js";
import { closeSeneca, loadPlugins } from "./create-seneca.js";
import { createDispatcher, type Dispatcher } from "./dispatcher.js";
import type { Seneca, SenecaPlugin, SenecaReply } from "./seneca-types.js";

const open: Dispatcher[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ seneca }) => closeSeneca(seneca)));
});

interface Sent {
  remainingMs: number;
  addressee: Addressee;
  call: Call;
}

async function dispatcherWith(
  plugin: SenecaPlugin,
  answer: (sent: Sent) => unknown = () => "from afar",
  timeoutMs = 2_000,
) {
  const sent: Sent[] = [];
  const dispatcher = createDispatcher({
    name: "here",
    log: silentLogger,
    timeoutMs,
    remote: {
      isHere: ({ target, version }) => target === "here" && (version === undefined || version === "1.0.0"),
      send(addressee, call) {
        const one = { addressee, call, remainingMs: call.remainingMs };
        sent.push(one);
        call.succeed(answer(one));
      },
    },
  });
  open.push(dispatcher);
  dispatcher.expose("actions");
  await loadPlugins(dispatcher.seneca, [{ plugin: { name: "actions", define: plugin } }], AbortSignal.timeout(5_000));
  return {
    dispatcher,
    sent,
    receive: async (message: object, context = {}) =>
      outcomeOf(dispatcher.receive({ message: { ...message }, hops: 0, ...context })),
  };
}

function actions(this: Seneca): void {
  this.add("a:1", (message, reply) => reply(null, { a: 1, x: message.x }));
  this.add("a:1,b:2", (_message, reply) => reply(null, { a: 1, b: 2 }));
  this.add({ async: "yes" }, async (message) => ({ doubled: message.x * 2 }));
  this.add({ async: "reply" }, async (_message, reply: SenecaReply) => reply(null, { replied: true }));
  this.add({ async: "throws" }, async () => {
    throw new VastifyError("not_found", "no user 7", { reason: "no_user" });
  });
  this.add({ sync: "throws" }, () => {
    throw new VastifyError("already_exists", "the name is taken");
  });
  this.add({ foreign: "error" }, (_message, reply) => reply(new Error("secret detail")));
  this.add({ reply: "nothing" }, (_message, reply) => reply());
  this.add({ reply: "text" }, (_message, reply) => reply(null, "text"));
  this.add({ reply: "list" }, (_message, reply) => reply(null, [1, 2]));
  this.add({ never: "replies" }, () => new Promise(() => {}));
  this.add({ hidden: "yes", private$: true }, (_message, reply) => reply(null, { hidden: true }));
  this.add({ nested: "remote" }, async function (this: Seneca) {
    return { inner: await this.post({ $$target: "elsewhere", cmd: "x" }) };
  });
  this.add({ over: "ridden" }, (_message, reply) => reply(null, { first: true }));
  this.add({ over: "ridden" }, function (this: Seneca, message, reply) {
    this.prior(message, (_error, result) => reply(null, { ...(result as object), second: true }));
  });
  this.add({ signal: "seen" }, async function (this: Seneca) {
    return { aborted: this.signal?.aborted };
  });
}

describe("a call to this process", () => {
  it.each([
    ["runs the action", { a: 1, x: 3 }, { a: 1, x: 3 }],
    ["runs the most specific action", { a: 1, b: 2 }, { a: 1, b: 2 }],
    ["waits for an async handler", { async: "yes", x: 4 }, { doubled: 8 }],
    ["lets an async handler reply by callback", { async: "reply" }, { replied: true }],
    ["gives null for a reply without result", { reply: "nothing" }, null],
    ["carries text", { reply: "text" }, "text"],
    ["carries lists", { reply: "list" }, [1, 2]],
    ["runs a replaced action as prior", { over: "ridden" }, { first: true, second: true }],
    ["gives handlers a signal", { signal: "seen" }, { aborted: false }],
  ])("%s", async (_name, message, expected) => {
    const { dispatcher } = await dispatcherWith(actions);
    expect(await dispatcher.act(message)).toEqual(expected);
  });

  it.each([
    ["async", { async: "throws" }, { code: "not_found", reason: "no_user" }],
    ["sync", { sync: "throws" }, { code: "already_exists", message: "the name is taken" }],
    ["another's", { foreign: "error" }, { code: "internal" }],
  ])("fails with the action's own error: %s", async (_name, message, expected) => {
    const { dispatcher } = await dispatcherWith(actions);
    await expect(dispatcher.act(message)).rejects.toMatchObject(expected);
  });

  it("says only so many of a message's keys", async () => {
    const { receive } = await dispatcherWith(actions);
    const message = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key${n}`, n]));
    const error = await receive(message).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: "no_pattern", message: expect.stringContaining("… (10000 keys)") });
    expect((error as Error).message.length).toBeLessThan(1_000);
  });

  it("says which keys nothing matched, without their values", async () => {
    const { dispatcher } = await dispatcherWith(actions);
    const failure = dispatcher.act({ unknown: "personal" });
    await expect(failure).rejects.toMatchObject({
      code: "not_found",
      reason: "no_pattern",
      message: expect.stringMatching(/unknown/),
    });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringMatching(/personal/) });
  });

  it("ends at its deadline", async () => {
    const { dispatcher } = await dispatcherWith(actions);
    await expect(dispatcher.act({ never: "replies" }, { timeoutMs: 20 })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
  });

  it("ends at its action's own deadline, though the caller would wait longer", async () => {
    const { dispatcher, receive } = await dispatcherWith(function (this: Seneca) {
      this.add({ slow: "yes", timeout$: 20 }, () => new Promise(() => {}));
    });
    await expect(dispatcher.act({ slow: "yes" })).rejects.toMatchObject({
      message: expect.stringContaining("within 20 ms"),
    });
    await expect(receive({ slow: "yes" })).rejects.toMatchObject({ code: "deadline_exceeded" });
    dispatcher.seneca.sub({ slow: "yes" }, () => {});
    await expect(dispatcher.act({ slow: "yes" })).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  it("can be canceled by its caller", async () => {
    const { dispatcher } = await dispatcherWith(actions);
    await expect(dispatcher.act({ never: "replies" }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "canceled",
    });
  });

  it("serves any number of calls with one signal, without a warning of a leak", async () => {
    const { dispatcher } = await dispatcherWith(actions);
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const giveUp = new AbortController();
    const calls = Array.from({ length: 50 }, () => dispatcher.act({ never: "replies" }, { signal: giveUp.signal }));
    giveUp.abort();
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe("rejected");
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it.each([{ timeoutMs: Number.NaN }, { timeoutMs: "5" }, { signal: {} }])("rejects with %o", async (options) => {
    const { dispatcher } = await dispatcherWith(actions);
    await expect(dispatcher.act({ a: 1 }, options as never)).rejects.toMatchObject({ reason: "bad_option" });
  });

  it("keeps the process alive after failures", async () => {
    const { dispatcher } = await dispatcherWith(actions);
    await dispatcher.act({ async: "throws" }).catch(() => {});
    await dispatcher.act({ fatal$: true, sync: "throws" }).catch(() => {});
    expect(await dispatcher.act({ a: 1 })).toEqual({ a: 1 });
  });
});

describe("a call with a target", () => {
  it("goes to the target, whole, though an action here would match the rest", async () => {
    const { dispatcher, sent } = await dispatcherWith(actions);
    expect(await dispatcher.act({ $$target: "elsewhere", $$version: "^1", a: 1 })).toBe("from afar");
    expect(sent[0]?.addressee).toEqual({ target: "elsewhere", version: "^1" });
    expect(sent[0]?.call.message).toEqual({ $$target: "elsewhere", $$version: "^1", a: 1 });
  });

  it("to ourselves stays here", async () => {
    const { dispatcher, sent } = await dispatcherWith(actions);
    expect(await dispatcher.act({ $$target: "here", a: 1 })).toEqual({ a: 1 });
    expect(sent).toEqual([]);
  });

  it("to another version of ourselves leaves", async () => {
    const { dispatcher } = await dispatcherWith(actions);
    expect(await dispatcher.act({ $$target: "here", $$version: "2.0.0", a: 1 })).toBe("from afar");
  });

  it("from within an action keeps trace id and deadline", async () => {
    const { dispatcher, sent } = await dispatcherWith(actions);
    expect(await dispatcher.act({ nested: "remote" }, { tx: "trace1", timeoutMs: 500 })).toEqual({
      inner: "from afar",
    });
    expect(sent[0]?.call.tx).toBe("trace1");
    expect(sent[0]?.call.timeoutMs).toBe(2_000);
    expect(sent[0]?.remainingMs).toBeLessThanOrEqual(500);
  });

  it("by seneca.act goes the same way", async () => {
    const { dispatcher, sent } = await dispatcherWith(actions);
    expect(await dispatcher.seneca.post("$$target:elsewhere,cmd:x")).toBe("from afar");
    expect(sent[0]?.addressee.target).toBe("elsewhere");
  });

  it("that is answered here by an action added for it stays here", async () => {
    const { dispatcher, sent } = await dispatcherWith(function (this: Seneca) {
      this.add("$$target:elsewhere", (_message, reply) => reply(null, "stands in"));
    });
    expect(await dispatcher.act({ $$target: "elsewhere" })).toBe("stands in");
    expect(sent).toEqual([]);
  });
});

describe("a peer's call", () => {
  it("runs what the service's authors added", async () => {
    const { receive } = await dispatcherWith(actions);
    expect(await receive({ $$target: "here", $$version: "1.0.0", a: 1 })).toEqual({ a: 1 });
  });

  it("is not sent on, whatever target it names", async () => {
    const { receive, sent } = await dispatcherWith(actions);
    await expect(receive({ $$target: "elsewhere", cmd: "x" })).rejects.toMatchObject({ reason: "no_pattern" });
    expect(sent).toEqual([]);
  });

  it.each([
    { hidden: "yes" },
    { role: "seneca", cmd: "close" },
    { role: "seneca", get: "options" },
    { role: "seneca", stats: true },
    { role: "transport", cmd: "listen", config: { port: 1 } },
    { role: "options", cmd: "get" },
    { role: "seneca", plugin: "init", init: "actions" },
    { init: "actions" },
    { sys: "x" },
  ])("does not reach %j", async (message) => {
    const { receive, dispatcher } = await dispatcherWith(actions);
    await expect(receive(message)).rejects.toMatchObject({ code: "not_found", reason: "no_pattern" });
    expect(await dispatcher.act({ a: 1 })).toEqual({ a: 1 });
  });

  it("does not reach plugins that are no module of ours", async () => {
    const { receive, dispatcher } = await dispatcherWith(actions);
    await new Promise<void>((done) => {
      dispatcher.seneca.use(function third(this: Seneca) {
        this.add("third:party", (_message, reply) => reply(null, {}));
      });
      dispatcher.seneca.ready(() => done());
    });
    expect(await dispatcher.act({ third: "party" })).toEqual({});
    await expect(receive({ third: "party" })).rejects.toMatchObject({ reason: "no_pattern" });
  });

  it("that crossed too many processes is refused", async () => {
    const { receive } = await dispatcherWith(actions);
    await expect(receive({ a: 1 }, { hops: 26 })).rejects.toMatchObject({ reason: "too_many_hops" });
  });

  it("ends when the caller's time is up", async () => {
    const { receive } = await dispatcherWith(actions);
    await expect(receive({ never: "replies" }, { timeoutMs: 20 })).rejects.toMatchObject({ code: "deadline_exceeded" });
  });
});

describe("a stream that comes when its call was given up", () => {
  it.each([
    ["alone", {}],
    ["as a member", {}],
    ["alone, by Seneca", { custom$: {} }],
  ])("is let go, %s", async (how, directives) => {
    const stream = new PassThrough();
    let reply: (error: null, result: unknown) => void = () => {};
    const { dispatcher } = await dispatcherWith(function late(this: Seneca) {
      this.add("late:stream", (_message, done) => {
        reply = done;
      });
    });
    await expect(dispatcher.act({ late: "stream", ...directives }, { timeoutMs: 5 })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    reply(null, how === "as a member" ? { body: stream } : stream);
    expect(stream.destroyed).toBe(true);
  });
});

describe("loading plugins", () => {
  // Seneca holds a failed plugin's place in its queue until this is over, and so its closing.
  const failingPlugin = (plugin: SenecaPlugin) => dispatcherWith(plugin, undefined, 10);

  it("fails with what the plugin said, and the process lives on", async () => {
    const failing = failingPlugin(() => {
      throw new Error("no license file");
    });
    await expect(failing).rejects.toMatchObject({
      code: "failed_precondition",
      reason: "plugin_failed",
      message: expect.stringMatching(/no license file/),
    });
  });

  it("fails when a plugin's init replies with an error", async () => {
    const failing = failingPlugin(function (this: Seneca) {
      this.add("init:actions", (_message, reply) => reply(new Error("no database")));
    });
    await expect(failing).rejects.toMatchObject({
      reason: "plugin_failed",
      message: expect.stringMatching(/no database/),
    });
  });

  it("waits for each plugin's init, and for what the init does", async () => {
    const order: string[] = [];
    const { dispatcher } = await dispatcherWith(function (this: Seneca) {
      this.add("init:actions", async function (this: Seneca) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push((await this.post("a:1")) as string);
      });
      this.add("a:1", (_message, reply) => reply(null, "initialised"));
    });
    order.push("loaded");
    expect(order).toEqual(["initialised", "loaded"]);
    expect(await dispatcher.act({ a: 1 })).toBe("initialised");
  });
});
