import { getEventListeners } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Call, type Identity, type LogFields, type Logger, type Message, VastifyError } from "../core/index.js";
import { closeSeneca, loadPlugins } from "./create-seneca.js";
import { type ActOptions, createDispatcher, type Dispatcher } from "./dispatcher.js";
import { internalsOf } from "./seneca-internals.js";
import type { Seneca, SenecaReply } from "./seneca-types.js";

// Long, because it is one table: every line of docs/reference/dispatch.md is a row, and runs on both ways.

interface Logged extends LogFields {
  level: string;
  message: string;
}

/** A dispatcher, and what it logged and sent elsewhere. */
interface Host {
  dispatcher: Dispatcher;
  seneca: Seneca;
  act: Dispatcher["act"];
  logged: Logged[];
  sent: Call[];
  /** How many calls Seneca itself has counted. */
  counted(): number;
}

interface Row {
  /** The line of docs/reference/dispatch.md. */
  line: string;
  /** Adds the row's actions; `this` and `seneca` are their plugin's Seneca. */
  actions?(this: Seneca, seneca: Seneca): void;
  /** Sets up an instance of the row's own. */
  prepare?(host: Host): unknown;
  message?: Message;
  options?: ActOptions;
  /** What to do in place of one call with `message`. */
  steps?(host: Host): unknown;
  expected: unknown;
  /** Where Seneca's way differs from the direct one. */
  expectedBySeneca?: unknown;
  /** Nothing runs, or both ways are asked for by the steps. */
  anyWay?: true;
}

const gives = (result: unknown) => ({ result });
const fails = (code: string, reason?: string, message: unknown = expect.any(String)) => ({
  error: { code, reason, message },
});

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { result: await promise };
  } catch (thrown) {
    const { code, reason, message } = VastifyError.from(thrown);
    return { error: { code, reason, message } };
  }
}

const outcomes = (host: Host, messages: Message[]) =>
  Promise.all(messages.map((message) => outcome(host.act(message, { timeoutMs: 1_000 }))));

const never = () => new Promise(() => {});
const noUser = () => new VastifyError("not_found", "no user 7", { reason: "no_user" });
const noUserFails = fails("not_found", "no_user", "no user 7");

const whichRuns: Row[] = [
  {
    line: "The action with the most specific pattern runs; keys count in alphabetical order, so an early key beats several later ones.",
    actions() {
      this.add("ra:1", (_m, reply) => reply(null, "ra"));
      this.add("ra:1,rb:2", (_m, reply) => reply(null, "ra,rb"));
      this.add("rc:1,rd:1", (_m, reply) => reply(null, "rc,rd"));
    },
    steps: (host) =>
      outcomes(host, [{ ra: 1 }, { ra: 1, rb: 2 }, { ra: 1, rb: 3 }, { ra: 1, rc: 1, rd: 1 }, { rc: 1, rd: 1 }]),
    expected: ["ra", "ra,rb", "ra", "ra", "rc,rd"].map(gives),
  },
  {
    line: "A `*` in a pattern's value stands for any text; an exact value goes before it.",
    actions() {
      this.add("glob:x*", (_m, reply) => reply(null, "x*"));
      this.add("glob:xy", (_m, reply) => reply(null, "xy"));
    },
    steps: (host) => outcomes(host, [{ glob: "xz" }, { glob: "xy" }, { glob: "y" }]),
    expected: [gives("x*"), gives("xy"), fails("not_found", "no_pattern")],
  },
  {
    line: "Patterns, and messages of `this.act`, `this.post` and `this.prior`, may be written as text.",
    actions() {
      this.add("text:inner,n:1", (m, reply) => reply(null, [m.n, m.list]));
      this.add("text:outer", async function (this: Seneca) {
        const first = (await this.post("text:inner,n:1,list:[1]")) as [number, number[]];
        first[1].push(2);
        return [first, await this.post("text:inner,n:1,list:[1]")];
      });
    },
    message: { text: "outer" },
    expected: gives([
      [1, [1, 2]],
      [1, [1]],
    ]),
  },
  {
    line: "Numbers and booleans in a pattern match themselves and their text.",
    actions() {
      this.add({ number: 1, yes: true }, (m, reply) => reply(null, [m.number, m.yes]));
    },
    steps: (host) =>
      outcomes(host, [
        { number: 1, yes: true },
        { number: "1", yes: "true" },
      ]),
    expected: [gives([1, true]), gives(["1", "true"])],
  },
  {
    line: "The message may hold more than the pattern; the action gets the whole of it.",
    actions() {
      this.add("whole:message", ({ x, deep }, reply) => reply(null, { x, deep }));
    },
    message: { whole: "message", x: null, deep: { list: [1, { a: 2 }] } },
    expected: gives({ x: null, deep: { list: [1, { a: 2 }] } }),
  },
  {
    line: "When nothing matches, the call fails with `not_found`, reason `no_pattern`; the error names the message's keys, never its values.",
    message: { unknown: "personal" },
    expected: fails("not_found", "no_pattern", "here has no action for a message with the keys unknown"),
    anyWay: true,
  },
  {
    line: "`default$`, an object or a list, is the result when nothing matches.",
    actions() {
      this.add("default:nested", async function (this: Seneca) {
        return [
          await this.post("unknown:nested", { default$: { d: 1 } }),
          await this.post("default:found,default$:{d:1}"),
        ];
      });
      this.add("default:found", (_m, reply) => reply(null, "found"));
    },
    steps: (host) =>
      outcomes(host, [
        { default: "nested" },
        { unknown: 1, default$: { d: 1 } },
        { unknown: 1, default$: [1] },
        { default: "found", default$: [1] },
      ]),
    expected: [gives([{ d: 1 }, "found"]), gives({ d: 1 }), gives([1]), gives("found")],
  },
  {
    line: "An action added at runtime, or added again with the same pattern, counts from the next call on.",
    actions() {
      this.add("add:runtime", function (this: Seneca, { n }, reply) {
        this.add("added:later", (_m, again) => again(null, n));
        reply(null, n);
      });
    },
    async steps(host) {
      const before = await outcomes(host, [{ added: "later" }]);
      await host.act({ add: "runtime", n: 1 });
      const first = await outcomes(host, [{ added: "later" }]);
      await host.act({ add: "runtime", n: 2 });
      return [...before, ...first, ...(await outcomes(host, [{ added: "later" }]))];
    },
    expected: [fails("not_found", "no_pattern"), gives(1), gives(2)],
  },
  {
    line: "What any plugin adds is an action like the others, also that of a third-party plugin or of one loaded at runtime; `this` is its plugin's.",
    async steps(host) {
      host.seneca.use(function third(this: Seneca) {
        this.add("third:party", function (this: Seneca, _m, reply) {
          reply(null, (this as unknown as { plugin: { name: string } }).plugin.name);
        });
      });
      await new Promise<void>((done) => void host.seneca.ready(() => done()));
      const before = host.counted();
      const result = await host.act({ third: "party" });
      return [result, host.counted() > before];
    },
    expected: ["third", false],
    expectedBySeneca: ["third", true],
    anyWay: true,
  },
  {
    line: "A `$$target` that is null, empty or no text is refused with `invalid_argument`, reason `bad_target`, whatever else matches.",
    actions() {
      this.add("null:target", (_m, reply) => reply(null, "ran"));
      this.add("null:nested", async function (this: Seneca) {
        return this.post("null:target", { $$target: null });
      });
    },
    steps: (host) =>
      outcomes(host, [
        { null: "target", $$target: null },
        { null: "target", $$target: "" },
        { null: "target", $$target: 7 },
        { null: "target", $$target: null, custom$: {} },
        { null: "nested" },
      ]),
    expected: Array(5).fill(fails("invalid_argument", "bad_target")),
  },
  {
    line: "A message with the `$$target` of another service goes there whole and without directives, though an action here would match the rest; with this service's own it stays here.",
    actions() {
      this.add("to:target", ({ $$target, to }, reply) => reply(null, { $$target, to }));
      this.add("to:nested", async function (this: Seneca) {
        return this.post("to:target", { $$target: "elsewhere", $$version: "^1" });
      });
    },
    async steps(host) {
      const messages = [
        { to: "target", $$target: "here" },
        { to: "target", $$target: "elsewhere" },
        { to: "target", $$target: "here", $$version: "2.0.0" },
        { to: "nested" },
      ];
      return [await outcomes(host, messages), host.sent.map(({ message }) => message)];
    },
    expected: [
      [gives({ $$target: "here", to: "target" }), gives("from afar"), gives("from afar"), gives("from afar")],
      expect.toSatisfy((messages: Message[]) => {
        expect(messages).toHaveLength(3);
        expect(messages).toContainEqual({ to: "target", $$target: "elsewhere" });
        expect(messages).toContainEqual({ to: "target", $$target: "here", $$version: "2.0.0" });
        expect(messages).toContainEqual({ to: "target", $$target: "elsewhere", $$version: "^1" });
        return true;
      }),
    ],
  },
];

const whatComesOut: Row[] = [
  {
    line: "A handler with two parameters gives its result by `reply(null, result)`, at once or later.",
    actions() {
      this.add("callback:now", (_m, reply) => reply(null, "now"));
      this.add("callback:later", (_m, reply) => {
        setImmediate(reply, null, "later");
      });
    },
    steps: (host) => outcomes(host, [{ callback: "now" }, { callback: "later" }]),
    expected: [gives("now"), gives("later")],
  },
  {
    line: "An async handler returns its result, or replies by callback.",
    actions() {
      this.add("async:returns", async ({ x }) => x * 2);
      this.add("async:replies", async (_m, reply: SenecaReply) => {
        await nextTurn();
        reply(null, "replied");
      });
      this.add("async:nothing", async () => {});
    },
    steps: (host) => outcomes(host, [{ async: "returns", x: 4 }, { async: "replies" }, { async: "nothing" }]),
    expected: [gives(8), gives("replied"), gives(null)],
  },
  {
    line: "A handler with fewer than two parameters returns its result, or any kind of promise of it.",
    actions() {
      this.add("returns:value", ({ x }) => x);
      this.add("returns:nothing", () => {});
      this.add("returns:promise", () => Promise.resolve("promised"));
      // biome-ignore lint/suspicious/noThenProperty: what a query of a database looks like
      this.add("returns:thenable", () => ({ then: (resolve: (value: string) => void) => resolve("queried") }));
      this.add("returns:nested", function (this: Seneca) {
        return new Promise((resolve) => {
          this.act("returns:thenable", (_error, result) => resolve({ result }));
        });
      });
    },
    steps: (host) =>
      outcomes(
        host,
        ["value", "nothing", "promise", "thenable", "nested"].map((returns) => ({ returns, x: "x" })),
      ),
    expected: [gives("x"), gives(null), gives("promised"), gives("queried"), gives({ result: "queried" })],
  },
  {
    line: "What a handler with two parameters returns is ignored, unless it is async.",
    actions() {
      this.add("returns:beside", (_m, reply) => {
        setImmediate(reply, null, "replied");
        return "returned";
      });
    },
    message: { returns: "beside" },
    expected: gives("replied"),
  },
  {
    line: "A result may be an object, a list, text, a number or a boolean; nothing is `null`.",
    actions() {
      this.add("kind:any", ({ result }, reply) => reply(null, result));
      this.add("kind:none", (_m, reply) => reply());
    },
    steps: (host) =>
      outcomes(host, [
        ...[{ a: 1 }, [1, 2], "text", "", 7, 0, true, false, null].map((result) => ({ kind: "any", result })),
        { kind: "none" },
      ]),
    expected: [{ a: 1 }, [1, 2], "text", "", 7, 0, true, false, null, null].map(gives),
  },
  {
    line: "A reply's first argument that is neither an error nor empty is the result.",
    actions() {
      this.add("reply:first", ({ first, second }, reply) => reply(first, second));
    },
    steps: (host) =>
      outcomes(
        host,
        [
          { first: "text" },
          { first: { a: 1 } },
          { first: { a: 1 }, second: 2 },
          { first: "", second: 2 },
          { first: 0 },
        ].map((more) => ({ reply: "first", ...more })),
      ),
    expected: ["text", { a: 1 }, { a: 1 }, 2, null].map(gives),
  },
  {
    line: "An error fails the call whichever way it comes: thrown, rejected, replied, given or returned as the result.",
    actions() {
      this.add("error:thrown", (_m, _reply) => {
        throw noUser();
      });
      this.add("error:rejected", async () => {
        throw noUser();
      });
      this.add("error:promise", (_m, _reply) => Promise.reject(noUser()));
      this.add("error:replied", (_m, reply) => reply(noUser()));
      this.add("error:result", (_m, reply) => reply(null, noUser()));
      this.add("error:returned", async () => noUser());
    },
    steps: (host) =>
      outcomes(
        host,
        ["thrown", "rejected", "promise", "replied", "result", "returned"].map((error) => ({ error })),
      ),
    expected: Array(6).fill(noUserFails),
  },
  {
    line: "An error that is no `VastifyError` becomes `internal` with the same message and the original as its cause.",
    actions() {
      this.add("error:foreign", (_m, reply) => reply(new RangeError("off the map")));
    },
    async steps({ act }) {
      const error = (await act({ error: "foreign" }).catch((thrown) => thrown)) as VastifyError & { cause: Error };
      return [error.code, error.reason, error.message, error.cause.name, error.cause.message];
    },
    expected: ["internal", undefined, "off the map", "RangeError", "off the map"],
  },
  {
    line: "Something thrown that is no error becomes `internal` with its text.",
    actions() {
      this.add("error:text", (_m, _reply) => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- some libraries do
        throw "just text";
      });
      this.add("error:async-text", () => Promise.reject("just text"));
    },
    steps: (host) => outcomes(host, [{ error: "text" }, { error: "async-text" }]),
    expected: Array(2).fill(fails("internal", undefined, "just text")),
  },
  {
    line: "Only the first reply counts: a second one is ignored, and so is an error thrown or rejected after it.",
    actions() {
      this.add("after:reply", (_m, reply) => {
        reply(null, "first");
        reply(null, "second");
        reply(noUser());
      });
      this.add("after:throw", (_m, reply) => {
        reply(null, "first");
        throw noUser();
      });
      this.add("after:reject", async (_m, reply: SenecaReply) => {
        reply(null, "first");
        throw noUser();
      });
      this.add("after:error", (_m, reply) => {
        reply(noUser());
        reply(null, "second");
      });
    },
    steps: (host) =>
      outcomes(
        host,
        ["reply", "throw", "reject", "error"].map((after) => ({ after })),
      ),
    expected: [gives("first"), gives("first"), gives("first"), noUserFails],
  },
  {
    line: "The message is the handler's own copy: what it sets there reaches neither the caller nor the caller's message. What is inside the message's objects is shared.",
    actions() {
      this.add("copy:inner", (m, reply) => {
        m.x = "changed";
        m.deep.x = "changed";
        reply();
      });
      this.add("copy:outer", async function (this: Seneca) {
        const message = { copy: "inner", x: "mine", deep: { x: "mine" } };
        await this.post(message);
        return message;
      });
    },
    async steps({ act }) {
      const message = { copy: "inner", x: "mine", deep: { x: "mine" } };
      await act(message);
      return [message, await act({ copy: "outer" })];
    },
    expected: Array(2).fill({ copy: "inner", x: "mine", deep: { x: "changed" } }),
  },
];

const nestedCalls: Row[] = [
  {
    line: "`this.act(message, callback)` gives the callback `(null, result)` or `(error, null)`, never before `act` has returned; the error is the one that the action gave.",
    actions() {
      this.add("inner:fine", (_m, reply) => reply(null, "fine"));
      this.add("inner:fails", (_m, reply) => reply(noUser()));
      this.add("inner:foreign", (_m, reply) => reply(new RangeError("off the map")));
      this.add("act:callback", function (this: Seneca, { inner }, reply) {
        const order: unknown[] = [];
        const self = this.act({ inner }, (error, result) => {
          const { code, message, name } = (error ?? {}) as VastifyError;
          reply(null, [...order, "callback", { code, message, name }, result]);
        });
        order.push("returned", self === this);
      });
    },
    steps: (host) =>
      outcomes(
        host,
        ["fine", "fails", "foreign", "unknown"].map((inner) => ({ act: "callback", inner })),
      ),
    expected: [
      gives(["returned", true, "callback", {}, "fine"]),
      gives(["returned", true, "callback", { code: "not_found", message: "no user 7", name: "VastifyError" }, null]),
      gives(["returned", true, "callback", { message: "off the map", name: "RangeError" }, null]),
      gives([
        "returned",
        true,
        "callback",
        {
          code: "not_found",
          message: "here has no action for a message with the keys inner",
          name: "VastifyError",
        },
        null,
      ]),
    ],
  },
  {
    line: "`this.act`, `this.post` and `this.prior` take two messages; where both hold a key, the first wins.",
    actions() {
      this.add("two:inner", ({ x, y }, reply) => reply(null, [x, y]));
      this.add("two:inner", function (this: Seneca, { y }, reply) {
        this.prior("x:first", { x: "second", y }, (_error, result) => reply(null, result));
      });
      this.add("two:outer", function (this: Seneca, _m, reply) {
        this.act("two:inner", { two: "none", y: "more" }, async (_error, result) => {
          reply(null, [result, await this.post("two:inner,y:text", { y: "object" })]);
        });
      });
    },
    message: { two: "outer" },
    expected: gives([
      ["first", "more"],
      ["first", "text"],
    ]),
  },
  {
    line: "`this.act` without a callback starts a call whose outcome nobody waits for; its failure ends nothing.",
    actions() {
      this.add("forget:inner", ({ seen }, reply) => {
        seen.push("ran");
        reply(noUser());
      });
      this.add("forget:outer", function (this: Seneca, { seen }, reply) {
        this.act("forget:inner", { seen });
        setImmediate(() => setImmediate(() => setImmediate(() => reply(null, seen))));
      });
    },
    steps: ({ act }) => act({ forget: "outer", seen: [] }),
    expected: ["ran"],
  },
  {
    line: "Callbacks of calls that are answered at once wait until the code that made the calls has come to its end, and run in the order of the calls.",
    actions() {
      this.add("turns:inner", ({ x }, reply) => reply(null, x));
      const callInTurn = (self: Seneca, reply: SenecaReply) => {
        const order: unknown[] = [];
        self.act({ turns: "inner", x: "first" }, (_error, first) => {
          self.act({ turns: "inner", x: "third" }, (_error, third) => reply(null, [...order, third]));
          order.push(first);
        });
        self.act({ turns: "inner", x: "second" }, (_error, second) => order.push(second));
        order.push("end");
      };
      this.add("turns:outer", function (this: Seneca, { later }, reply) {
        if (later) setImmediate(callInTurn, this, reply);
        else callInTurn(this, reply);
      });
    },
    steps: (host) =>
      outcomes(
        host,
        [false, true].map((later) => ({ turns: "outer", later })),
      ),
    expected: [gives(["end", "first", "second", "third"]), gives(["end", "first", "second", "third"])],
  },
  {
    line: "A callback that throws is logged as an error; the process lives on, and the action that gave it has to reply another way.",
    actions() {
      this.add("throws:callback", (_m, reply) => reply());
      this.add("throws:callback", function (this: Seneca, m) {
        const throws = () => {
          throw new Error("in the callback");
        };
        if (m.prior) this.prior(m, throws);
        else this.act("unknown:action", throws);
        return never();
      });
    },
    async steps(host) {
      const messages = [{ throws: "callback" }, { throws: "callback", prior: true }];
      const ended = messages.map((message) => outcome(host.act(message, { timeoutMs: 40, tx: "trace5" })));
      await Promise.all(ended);
      const errors = host.logged.filter(({ level, tx }) => level === "error" && tx === "trace5");
      return [
        await ended[0],
        await ended[1],
        errors.map(({ message, pattern, err }) => [message, pattern, String(err)]),
      ];
    },
    expected: [
      fails("deadline_exceeded", "deadline_exceeded"),
      fails("deadline_exceeded", "deadline_exceeded"),
      Array(2).fill(["the callback of an action's call threw", "throws:callback", "Error: in the callback"]),
    ],
  },
  {
    line: "`this.post` gives a promise of the result, and rejects with a `VastifyError`.",
    actions() {
      this.add("post:inner", ({ fail }, reply) => reply(fail ? new RangeError("off the map") : null, "fine"));
      this.add("post:outer", async function (this: Seneca) {
        const failed = (await this.post("post:inner,fail:true").catch((thrown) => thrown)) as VastifyError;
        return [await this.post("post:inner"), VastifyError.is(failed), failed.message];
      });
    },
    message: { post: "outer" },
    expected: gives(["fine", true, "off the map"]),
  },
  {
    line: "`this.prior` runs the action that this one replaced, along the whole chain, with the message that it is given; its callback is called once, after `prior` has returned.",
    actions() {
      this.add("prior:chain", ({ n }, reply) => {
        reply(null, [`first ${n}`]);
        reply(null, ["again"]);
      });
      const add = (name: string) =>
        this.add("prior:chain", function (this: Seneca, m, reply) {
          const order: unknown[] = [];
          this.prior({ ...m, n: m.n + 1 }, (_error, result) => {
            reply(null, [...(result as unknown[]), name, ...order]);
          });
          order.push("returned");
        });
      add("second");
      add("third");
    },
    message: { prior: "chain", n: 1 },
    expected: gives(["first 3", "second", "returned", "third", "returned"]),
  },
  {
    line: "An action that matches only a part of a new pattern is no prior of it, unless the pattern is added with `strict$: { add: false }`.",
    actions() {
      this.add("less:specific", (_m, reply) => reply(null, "less"));
      for (const strict of [true, false]) {
        this.add({ less: "specific", strict, strict$: { add: strict } }, function (this: Seneca, m, reply) {
          this.prior(m, (_error, result) => reply(null, [result]));
        });
      }
    },
    steps: (host) =>
      outcomes(host, [
        { less: "specific", strict: true },
        { less: "specific", strict: false },
      ]),
    expected: [gives([null]), gives(["less"])],
  },
  {
    line: "Without a prior, `this.prior` gives `null`, or the message's `default$`.",
    actions() {
      this.add("prior:none", function (this: Seneca, m, reply) {
        this.prior(m, (error, result) => {
          this.prior({ ...m, default$: { d: 1 } }, (_error, byDefault) => reply(null, [error, result, byDefault]));
        });
      });
    },
    message: { prior: "none" },
    expected: gives([null, null, { d: 1 }]),
  },
  {
    line: "A prior's error reaches the callback of `this.prior` as it was given.",
    actions() {
      this.add("prior:fails", (_m, _reply) => {
        throw noUser();
      });
      this.add("prior:fails", function (this: Seneca, m, reply) {
        this.prior(m, (error) => reply(error));
      });
    },
    message: { prior: "fails" },
    expected: noUserFails,
  },
  {
    line: "A chain of more than 33 calls within calls fails with `failed_precondition`, reason `too_deep`.",
    actions() {
      this.add("chain:calls", async function (this: Seneca, { more, last = {} }) {
        return more === 0 ? "end" : this.post({ chain: "calls", more: more - 1, ...(more === 1 && last) });
      });
    },
    steps: (host) =>
      outcomes(
        host,
        [33, 34].map((more) => ({ chain: "calls", more })),
      ),
    expected: [gives("end"), fails("failed_precondition", "too_deep")],
  },
  {
    line: "A delegate made in an action (`this.delegate({ … })`) calls within the same call, and puts its fixed arguments into every message.",
    actions() {
      this.add("delegate:inner", function (this: Seneca, { x, y }, reply) {
        reply(null, [x, y, this.fixedargs.tx$]);
      });
      this.add("delegate:outer", async function (this: Seneca) {
        const delegate = this.delegate({ x: "fixed" });
        const further = delegate.delegate({ y: "further" });
        const byAct = await new Promise((resolve) => {
          delegate.act("delegate:inner,y:1", { x: 2 }, (_error, result) => resolve(result));
        });
        return [byAct, await delegate.post("delegate:inner,x:mine"), await further.post("delegate:inner")];
      });
    },
    message: { delegate: "outer" },
    options: { tx: "trace6" },
    expected: gives([
      ["fixed", 1, "trace6"],
      ["fixed", undefined, "trace6"],
      ["fixed", "further", "trace6"],
    ]),
  },
];

const whatThisOffers: Row[] = [
  {
    line: "The trace id, the caller's `tx` or a new one, is `this.fixedargs.tx$` in the action and in all that it calls.",
    actions() {
      this.add("trace:inner", function (this: Seneca, _m, reply) {
        reply(null, this.fixedargs.tx$);
      });
      this.add("trace:inner", function (this: Seneca, m, reply) {
        this.prior(m, (_error, result) => reply(null, [this.fixedargs.tx$, result]));
      });
      this.add("trace:outer", function (this: Seneca, _m, reply) {
        this.act("trace:inner", (_error, result) => reply(null, [this.fixedargs.tx$, result]));
      });
    },
    async steps({ act }) {
      const [first, [second]] = (await act({ trace: "outer" })) as [string, [string]];
      return [await act({ trace: "outer" }, { tx: "trace1" }), first.length, first === second];
    },
    expected: [["trace1", ["trace1", "trace1"]], 32, true],
  },
  {
    line: "Who the call is made for, if its caller was told and said so, is `this.identity` in the action and in all that it calls, in other services too where `peers.identityKeys` signs it.",
    actions() {
      this.add("identity:inner", function (this: Seneca, _m, reply) {
        reply(null, this.identity?.subject);
      });
      this.add("identity:inner", function (this: Seneca, m, reply) {
        this.prior(m, (_error, result) => reply(null, [this.identity?.subject, result]));
      });
      this.add("identity:outer", async function (this: Seneca) {
        return [this.identity?.subject, await this.post("identity:inner")];
      });
    },
    async steps({ act }) {
      const identity: Identity = { kind: "key", subject: "shop.1", consumer: "shop", scopes: [], roles: [] };
      return [await act({ identity: "outer" }, { identity }), await act({ identity: "outer" })];
    },
    expected: [
      ["shop.1", ["shop.1", "shop.1"]],
      [undefined, [undefined, null]],
    ],
  },
  {
    line: "`this.log` writes into the service's log, with the action's pattern, its plugin and the trace id.",
    actions() {
      this.add("log:some", function (this: Seneca, _m, reply) {
        this.log.debug("for debugging");
        this.log.info("found", { id: 7 }, 8);
        this.log.warn("odd");
        this.log.error("broken");
        reply();
      });
    },
    async steps({ act, logged }) {
      await act({ log: "some" }, { tx: "trace2" });
      const said = ["for debugging", "found", "odd", "broken"];
      return logged.filter(({ tx, message }) => tx === "trace2" && said.includes(message));
    },
    expected: [
      { level: "debug", message: "for debugging" },
      { level: "info", message: "found", data: [{ id: 7 }, 8] },
      { level: "warn", message: "odd" },
      { level: "error", message: "broken" },
    ].map((entry) => ({ ...entry, pattern: "log:some", plugin: "contract", tx: "trace2" })),
  },
  {
    line: "`this.signal` fires when the call's deadline passes, and with it that of every call made within; their callbacks hear `deadline_exceeded`.",
    actions() {
      this.add("signal:inner", function (this: Seneca, { heard }) {
        this.signal?.addEventListener("abort", () => heard.push(`inner ${this.signal?.reason.code}`));
        return never();
      });
      this.add("signal:outer", function (this: Seneca, { heard }) {
        heard.push(this.signal?.aborted);
        this.signal?.addEventListener("abort", () => heard.push(`outer ${this.signal?.reason.code}`));
        this.act("signal:inner", { heard }, (error) => heard.push(`callback ${(error as VastifyError).code}`));
        return never();
      });
    },
    async steps({ act }) {
      const heard: unknown[] = [];
      const ended = await outcome(act({ signal: "outer", heard }, { timeoutMs: 40 }));
      await nextTurn();
      return [ended, [...heard.slice(0, 1), ...heard.slice(1).sort()]];
    },
    expected: [
      fails("deadline_exceeded", "deadline_exceeded"),
      [false, "callback deadline_exceeded", "inner deadline_exceeded", "outer deadline_exceeded"],
    ],
  },
  {
    line: "A call given up by its caller's `signal` fails with `canceled`, and `this.signal` fires in it and in every call made within. One signal may serve any number of calls.",
    async steps({ act }) {
      const controller = new AbortController();
      await act({ callback: "now" }, { signal: controller.signal });
      const left = getEventListeners(controller.signal, "abort").length;
      const heard: string[] = [];
      const ended = outcome(act({ signal: "outer", heard }, { signal: controller.signal }));
      await wait(10);
      controller.abort();
      const late = await outcome(act({ callback: "now" }, { signal: controller.signal }));
      return [left, await ended, late, heard.slice(1).sort()];
    },
    expected: [0, fails("canceled"), fails("canceled"), ["callback canceled", "inner canceled", "outer canceled"]],
  },
  {
    line: "A call made within another never outlasts it, whatever its own `timeout$` says.",
    actions() {
      this.add("outlast:inner", never);
      this.add("outlast:outer", async function (this: Seneca) {
        return this.post("outlast:inner,timeout$:60000");
      });
    },
    message: { outlast: "outer" },
    options: { timeoutMs: 40 },
    expected: fails("deadline_exceeded", "deadline_exceeded"),
  },
  {
    line: "`timeout$` in a pattern is how long any call of its action may take, in milliseconds; a caller may wait less, never more.",
    actions() {
      this.add({ limited: "yes", timeout$: 30 }, (_message: unknown, _reply: unknown) => {});
    },
    async steps({ act }) {
      return Promise.all([outcome(act({ limited: "yes" })), outcome(act({ limited: "yes" }, { timeoutMs: 60_000 }))]);
    },
    expected: Array(2).fill(fails("deadline_exceeded", "deadline_exceeded")),
  },
  {
    line: "`timeout$` in a message is how long the call may take, in milliseconds, as `timeoutMs` of the caller is; the shorter of both counts, and `this.signal` fires.",
    actions() {
      this.add("timeout:inner", function (this: Seneca, { heard }) {
        this.signal?.addEventListener("abort", () => heard.push("fired"));
        return never();
      });
      this.add("timeout:nested", async function (this: Seneca, { heard }) {
        return this.post({ timeout: "inner", heard, timeout$: 30 }).catch((error) => error.code);
      });
    },
    async steps({ act }) {
      const heard: string[] = [];
      const ended = await Promise.all([
        outcome(act({ timeout: "inner", heard, timeout$: 30 })),
        outcome(act({ timeout: "inner", heard, timeout$: 30 }, { timeoutMs: 60_000 })),
        outcome(act({ timeout: "inner", heard, timeout$: 60_000 }, { timeoutMs: 30 })),
        outcome(act({ timeout: "nested", heard })),
      ]);
      return [ended, heard];
    },
    expected: [
      [...Array(3).fill(fails("deadline_exceeded", "deadline_exceeded")), gives("deadline_exceeded")],
      Array(4).fill("fired"),
    ],
  },
  {
    line: "`idempotent$` in a message says that its action may be carried out twice without harm, as `idempotent` of the caller does.",
    actions() {
      this.add("twice:ask", async function (this: Seneca) {
        await this.post({ $$target: "afar", twice: "nested", idempotent$: true });
        await this.post({ $$target: "afar", twice: "nested", idempotent$: false });
      });
    },
    async steps({ act, sent }) {
      await act({ twice: "ask" });
      await act({ $$target: "afar", twice: "act", idempotent$: true });
      const asked = sent.filter(({ message }) => "twice" in message);
      return asked.map(({ message, idempotent }) => [Object.keys(message).sort(), idempotent]);
    },
    expected: [
      [["$$target", "twice"], true],
      [["$$target", "twice"], false],
      [["$$target", "twice"], true],
    ],
  },
  {
    line: "A prior has the signal and the deadline of the call that it is a part of.",
    actions() {
      this.add("prior:signal", function (this: Seneca, { heard }) {
        this.signal?.addEventListener("abort", () => heard.push("fired"));
        return never();
      });
      this.add("prior:signal", function (this: Seneca, m, reply) {
        this.prior(m, (_error, result) => reply(null, result));
      });
    },
    async steps({ act }) {
      const heard: string[] = [];
      return [await outcome(act({ prior: "signal", heard }, { timeoutMs: 40 })), heard];
    },
    expected: [fails("deadline_exceeded", "deadline_exceeded"), ["fired"]],
  },
  {
    line: "`this.root`, `this.plugin`, `this.shared`, `this.export`, `this.find`, `this.options` and `this.context` are Seneca's; what one call sets on `this` or in `this.context`, another never sees.",
    actions(seneca) {
      const shared = (seneca as unknown as { shared: Record<string, unknown> }).shared;
      shared.secret = "ours";
      this.add("this:offers", function (this: Seneca, _m, reply) {
        const self = this as Seneca & Record<"plugin" | "shared", Record<string, unknown>> & { mine?: number };
        const before = [self.context.mine, self.mine];
        self.context.mine = 1;
        self.mine = 1;
        const { tag } = internalsOf(self).options() as { tag?: string };
        const found = self.find("this:offers")?.pattern;
        const rest = [self.context.mine, before, found, tag, typeof self.export("options")];
        reply(null, [self.root === internalsOf(self).root, self.plugin.name, self.shared.secret, ...rest]);
      });
    },
    steps: (host) => outcomes(host, [{ this: "offers" }, { this: "offers" }]),
    expected: Array(2).fill(
      gives([true, "contract", "ours", 1, [undefined, undefined], "this:offers", "here", "object"]),
    ),
  },
];

/** Each sets its hook after a call has run directly, and gives what the hook did. */
const instanceBySeneca: Row[] = [
  {
    line: "Hooks by `seneca.inward`.",
    prepare({ seneca }) {
      internalsOf(seneca).inward(({ data }) => {
        data.msg.x = `${data.msg.x} hooked`;
      });
    },
    message: { echo: 1, x: "x" },
    expected: gives("x hooked"),
  },
  {
    line: "Hooks by `seneca.outward`.",
    prepare({ seneca }) {
      internalsOf(seneca).outward(({ data }) => {
        data.res = `${data.res} hooked`;
      });
    },
    message: { echo: 1, x: "x" },
    expected: gives("x hooked"),
  },
  {
    line: "Tasks by `seneca.order.inward.add` and `seneca.order.outward.add`; also for a message to another service.",
    prepare({ seneca }) {
      internalsOf(seneca).order.inward.add(({ data }: { data: { msg: Record<string, unknown> } }) => {
        data.msg.x = `${data.msg.x} hooked`;
      });
    },
    async steps(host) {
      const here = await outcomes(host, [
        { echo: 1, x: "x", $$target: "here" },
        { echo: 1, x: "x" },
      ]);
      await host.act({ $$target: "elsewhere", x: "x" });
      return [here, host.sent.map(({ message }) => message)];
    },
    expected: [[gives("x hooked"), gives("x hooked")], [{ $$target: "elsewhere", x: "x hooked" }]],
  },
  {
    line: "`seneca.sub`, for messages on their way in (`in$`) and for results on their way out (`out$`).",
    prepare(host) {
      const heard: unknown[] = [];
      const sub = (host.seneca as unknown as { sub(pattern: object, heard: (...args: never[]) => void): void }).sub;
      sub.call(host.seneca, { echo: 1 }, ((m: Message) => heard.push(["in", m.x])) as never);
      sub.call(host.seneca, { echo: 1, out$: true }, ((m: Message, out: unknown) =>
        heard.push(["out", m.x, out])) as never);
      Object.assign(host, { heard });
    },
    async steps(host) {
      const result = await host.act({ echo: 1, x: "x" });
      await host.act({ echo: 1, x: "y", $$target: "here" });
      return [result, (host as Host & { heard: unknown }).heard];
    },
    expected: [
      "x",
      [
        ["in", "x"],
        ["out", "x", "x"],
        ["in", "y"],
        ["out", "y", "y"],
      ],
    ],
  },
  {
    line: "Listeners of `act-in`, `act-out`, `act-err` and `act-err-4`; they hear of messages that nothing matches, too.",
    prepare(host) {
      const heard: unknown[] = [];
      const on = (event: string) =>
        (host.seneca as unknown as NodeJS.EventEmitter).on(event, (m: Message) => heard.push([event, m.x]));
      on("act-in");
      on("act-out");
      on("act-err");
      Object.assign(host, { heard });
    },
    async steps(host) {
      const ended = [await outcome(host.act({ echo: 1, x: 1 })), await outcome(host.act({ unknown: 1, x: 2 }))];
      return [ended, (host as Host & { heard: unknown }).heard];
    },
    expected: [
      [gives(1), fails("not_found", "no_pattern", "here has no action for a message with the keys unknown, x")],
      [
        ["act-in", 1],
        ["act-out", 1],
        ["act-err", 2],
      ],
    ],
  },
  {
    line: "A handler set by `seneca.error`: it hears of every action's error.",
    prepare(host) {
      const heard: unknown[] = [];
      host.seneca.error((error) => void heard.push(error.message));
      Object.assign(host, { heard });
    },
    async steps(host) {
      return [await outcome(host.act({ failing: 1 })), (host as Host & { heard: string[] }).heard.length];
    },
    expected: [noUserFails, 1],
  },
  {
    line: "Intercepts in `private$.intercept.act_error`.",
    prepare({ seneca }) {
      (internalsOf(seneca).private$.intercept.act_error as unknown[]).push(() => {});
    },
    message: { echo: 1, x: "x" },
    expected: gives("x"),
  },
  {
    line: "Action modifiers, as a validating plugin brings them: what they refuse fails with `invalid_argument`, reason `bad_message`.",
    async prepare({ seneca }) {
      (internalsOf(seneca).private$.action_modifiers as unknown[]).push((definition: { validate: unknown }) => {
        definition.validate = (m: Message, done: (error?: Error) => void) => done(m.x ? undefined : new Error("no x"));
      });
      seneca.add("validated:1", ({ x }, reply) => reply(null, x));
      await nextTurn();
    },
    steps: (host) => outcomes(host, [{ validated: 1, x: "x" }, { validated: 1 }]),
    expected: [gives("x"), fails("invalid_argument", "bad_message")],
  },
  {
    line: "Seneca's history, switched on: a message with the `id$` of an earlier one gets its result again.",
    prepare({ seneca }) {
      internalsOf(seneca).options({ history: { active: true } });
    },
    async steps({ seneca, act }) {
      await act({ echo: 1, x: "x" });
      const { history } = internalsOf(seneca).private$ as unknown as { history: { list(): unknown[] } };
      const remembered = history.list().length > 0;
      const first = await act({ echo: 1, x: "x", id$: "id1/trace7" });
      return [remembered, first, await act({ echo: 1, x: "y", id$: "id1/trace7" })];
    },
    expected: [true, "x", "x"],
  },
];

/** These stand in a plain instance beside actions that run directly. */
const actionBySeneca: Row[] = [
  {
    line: "A handler with a third parameter: it gets Seneca's `meta`.",
    actions() {
      this.add("meta:1", (_m, reply, meta) => {
        const { pattern, tx } = meta as { pattern: string; tx: string };
        reply(null, [pattern, tx]);
      });
    },
    message: { meta: 1 },
    options: { tx: "trace3" },
    expected: gives(["meta:1", "trace3"]),
  },
  {
    line: "A pattern with rules for values (`{ cmd: 'x', n: Number }`): what doesn't fit is refused with `invalid_argument`, reason `bad_message`.",
    actions() {
      this.add({ rules: "yes", n: Number }, ({ n }, reply) => reply(null, n));
    },
    steps: (host) => outcomes(host, [{ rules: "yes", n: 7 }, { rules: "yes", n: "seven" }, { rules: "yes" }]),
    expected: [gives(7), ...Array(2).fill(fails("invalid_argument", "bad_message"))],
  },
  {
    line: "A handler with notes on how to validate (`handler.validate = …`), though they are made after it is added.",
    actions() {
      const handler = (_m: Message, reply: SenecaReply) => reply(null, "ran");
      this.add("annotated:1", handler);
      Object.assign(handler, { validate: { n: 1 } });
    },
    steps: async ({ act, seneca }) => [await act({ annotated: 1 }), seneca.find("annotated:1")?.rules],
    expected: ["ran", { n: 1 }],
  },
  {
    line: "A pattern with `fixed$`: its values stand in every message.",
    actions() {
      this.add({ fixed: "yes", fixed$: { x: "fixed" } }, ({ x }, reply) => reply(null, x));
    },
    message: { fixed: "yes", x: "mine" },
    expected: gives("fixed"),
  },
  {
    line: "A pattern with `custom$`: its values stand in `meta.custom`, there and in the calls made within.",
    actions() {
      this.add({ custom: "inner" }, (_m, reply, meta) => reply(null, (meta as { custom: unknown }).custom));
      this.add({ custom: "yes", custom$: { x: "custom" } }, async function (this: Seneca) {
        return { ...((await this.post("custom:inner")) as object) };
      });
    },
    message: { custom: "yes" },
    expected: gives({ x: "custom" }),
  },
  {
    line: "A pattern with `deprecate$`: each call is noted in the log.",
    actions() {
      this.add({ deprecated: "yes", deprecate$: "use the other" }, (_m, reply) => reply());
    },
    async steps({ act, logged }) {
      await act({ deprecated: "yes" });
      return logged.filter(({ message }) => message === "use the other").length;
    },
    expected: 1,
  },
  {
    line: "An action without a handler, and Seneca's own.",
    actions() {
      (this.add as (pattern: string) => Seneca)("no:handler");
    },
    async steps(host) {
      const [nothing, stats] = (await outcomes(host, [{ no: "handler" }, { role: "seneca", stats: true }])) as {
        result: { act?: object } | null;
      }[];
      return [nothing, typeof stats?.result?.act];
    },
    expected: [gives(null), "object"],
  },
  {
    line: "Any other directive in a message: `gate$` lets nothing else of the same instance begin until its call is over, `custom$` reaches `meta.custom`, `id$` is Seneca's id of the call.",
    actions() {
      this.add("gate:slow", (m, reply) => {
        m.order.push("slow begins");
        setTimeout(() => {
          m.order.push("slow ends");
          reply();
        }, 20);
      });
      this.add("gate:quick", (m, reply) => {
        m.order.push("quick");
        reply();
      });
      this.add("gate:both", function (this: Seneca, { order }, reply, _meta) {
        this.act({ gate: "slow", order, gate$: true });
        this.act({ gate: "quick", order, gate$: true }, () => reply(null, order));
      });
      this.add("directive:custom", (_m, reply, meta) => {
        const { custom, id } = meta as { custom: unknown; id: string };
        reply(null, [custom, id]);
      });
    },
    steps: (host) =>
      outcomes(host, [
        { gate: "both", order: [] },
        { directive: "custom", custom$: { x: 1 }, id$: "id4/trace4" },
      ]),
    expected: [gives(["slow begins", "slow ends", "quick"]), gives([{ x: 1 }, "id4/trace4"])],
  },
];

const differences: Row[] = [
  {
    line: "Directives (`tx$`, `plugin$`, `timeout$`) stand in the handler's message only on Seneca's way.",
    actions() {
      this.add("directives:in", (m, reply) =>
        reply(null, Object.keys(m).filter((key) => key.endsWith("$")).length > 0),
      );
    },
    message: { directives: "in" },
    expected: gives(false),
    expectedBySeneca: gives(true),
  },
  {
    line: "Seneca's statistics (`role:seneca,stats:true`) and its debug log count only the calls that it ran itself.",
    actions() {
      this.add("stats:own", (_m, reply) => reply());
    },
    async steps({ act, counted, logged }) {
      const before = counted();
      const seen = logged.length;
      await act({ stats: "own" });
      return [counted() - before, logged.slice(seen).filter(({ pattern }) => pattern === "stats:own").length > 0];
    },
    expected: [0, false],
    expectedBySeneca: [1, true],
  },
  {
    line: "The callback of `this.act` gets Seneca's `meta` as its third argument only on Seneca's way.",
    actions() {
      this.add("third:argument", function (this: Seneca, _m, reply) {
        this.act("callback:now", (_error, _result, meta) => reply(null, typeof meta));
      });
    },
    message: { third: "argument" },
    expected: gives("undefined"),
    expectedBySeneca: gives("object"),
  },
  {
    line: "Priors count towards the depth of 33 only on Seneca's way.",
    actions() {
      this.add("deep:prior", async function (this: Seneca, { more }) {
        return more === 0 ? "end" : this.post({ deep: "prior", more: more - 1 });
      });
      this.add("deep:prior", function (this: Seneca, m, reply) {
        this.prior({ deep: "prior", more: m.more }, reply as never);
      });
    },
    message: { deep: "prior", more: 20 },
    expected: gives("end"),
    expectedBySeneca: fails("failed_precondition", "too_deep"),
  },
  {
    line: "`this.reply`, `this.good`, `this.bad` and `this.explain` of a call, which Seneca deprecates or keeps for debugging, work only on Seneca's way.",
    actions() {
      this.add("old:style", function (this: Seneca, _m, reply) {
        reply(null, typeof (this as unknown as { good: unknown }).good);
      });
    },
    message: { old: "style" },
    expected: gives("undefined"),
    expectedBySeneca: gives("function"),
  },
  {
    line: "`seneca.act` outside an action is all Seneca's: no `this.signal`, Seneca's own timer, and errors in Seneca's words where they are Seneca's own.",
    actions() {
      this.add("outside:act", function (this: Seneca, _m, reply) {
        reply(null, typeof this.signal);
      });
    },
    steps: ({ seneca }) =>
      Promise.all(
        ["outside:act", "unknown:act", "error:thrown"].map(
          (message) =>
            new Promise((resolve) => {
              seneca.act(message, (error, result) => resolve(error ? (error as { code?: string }).code : result));
            }),
        ),
      ),
    expected: ["undefined", "act_not_found", "not_found"],
    anyWay: true,
  },
];

const sections: Record<string, Row[]> = {
  "Which action runs": whichRuns,
  "What comes out": whatComesOut,
  "Calls within a call": nestedCalls,
  "What else `this` offers": whatThisOffers,
  "What sends every call through Seneca": instanceBySeneca,
  "What sends one action's calls through Seneca": actionBySeneca,
  "Known differences": differences,
};

const open: Dispatcher[] = [];
afterAll(async () => {
  await Promise.all(open.map(({ seneca }) => closeSeneca(seneca)));
});

async function createHost(define: (this: Seneca) => void): Promise<Host> {
  const logged: Logged[] = [];
  const sent: Call[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void logged.push({ level, message, ...fields });
  const log: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const dispatcher = createDispatcher({
    name: "here",
    log,
    timeoutMs: 2_000,
    remote: {
      isHere: ({ target, version }) => target === "here" && (version === undefined || version === "1.0.0"),
      send(_addressee, call) {
        sent.push(call);
        call.succeed("from afar");
      },
    },
  });
  open.push(dispatcher);
  const { seneca, act } = dispatcher;
  await loadPlugins(seneca, [{ plugin: { name: "contract", define } }], AbortSignal.timeout(5_000));
  const counted = () => internalsOf(seneca).private$.stats.act.calls;
  return { dispatcher, seneca, act, logged, sent, counted };
}

async function run(row: Row, host: Host): Promise<{ got: unknown; bySeneca: boolean }> {
  const before = host.counted();
  const got = await (row.steps ? row.steps(host) : outcome(host.act(row.message ?? {}, row.options)));
  return { got, bySeneca: host.counted() > before };
}

describe("the dispatch contract", () => {
  const shared = [whichRuns, whatComesOut, nestedCalls, whatThisOffers, actionBySeneca, differences].flat();
  let direct: Host;
  let bySeneca: Host;

  beforeAll(async () => {
    function define(this: Seneca): void {
      for (const row of shared) row.actions?.call(this, this);
    }
    direct = await createHost(define);
    bySeneca = await createHost(define);
    (bySeneca.seneca as unknown as { sub(pattern: string, heard: () => void): void }).sub("never:heard", () => {});
  });

  describe.each([whichRuns, whatComesOut, nestedCalls, whatThisOffers, differences].flat())("$line", (row) => {
    it("holds for a call that runs directly", async () => {
      const ran = await run(row, direct);
      expect(ran.got).toEqual(row.expected);
      if (!row.anyWay) expect(ran.bySeneca).toBe(false);
    });

    it("holds for a call through Seneca", async () => {
      const ran = await run(row, bySeneca);
      expect(ran.got).toEqual(row.expectedBySeneca ?? row.expected);
      if (!row.anyWay) expect(ran.bySeneca).toBe(true);
    });
  });

  it.each(instanceBySeneca)("$line", async (row) => {
    const host = await createHost(function (this: Seneca) {
      this.add("echo:1", ({ x }, reply) => reply(null, x));
      this.add("failing:1", (_m, reply) => reply(noUser()));
    });
    const before = host.counted();
    expect(await host.act({ echo: 1, x: "direct" })).toBe("direct");
    expect(host.counted()).toBe(before);
    await row.prepare?.(host);
    const ran = await run(row, host);
    expect(ran.got).toEqual(row.expected);
    expect(ran.bySeneca).toBe(true);
  });

  it.each(actionBySeneca)("$line", async (row) => {
    for (const host of [direct, bySeneca]) {
      const ran = await run(row, host);
      expect(ran.got).toEqual(row.expected);
      expect(ran.bySeneca).toBe(true);
    }
  });
});

describe("docs/reference/dispatch.md", () => {
  it("holds the lines of this table, and no others", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/reference/dispatch.md"), "utf8");
    const lines = page
      .split("\n## ")
      .slice(1)
      .map((section) => {
        const [heading = "", ...text] = section.split("\n");
        const items = text.join("\n").split(/^- /m).slice(1);
        return [heading, items.map((item) => (item.split("\n\n")[0] ?? "").replaceAll(/\s+/g, " ").trim())];
      });
    const table = Object.entries(sections).map(([heading, rows]) => [heading, rows.map(({ line }) => line)]);
    expect(lines).toEqual(table);
  });
});
