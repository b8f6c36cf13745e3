import { PassThrough } from "node:stream";
import * as v from "valibot";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAction, defineContract, type ImplementOptions, implement } from "../contracts/index.js";
import { type Logger, outcomeOf, silentLogger, VastifyError } from "../core/index.js";
import { closeSeneca } from "./create-seneca.js";
import { createDispatcher, type Dispatcher } from "./dispatcher.js";
import { hostContract } from "./host-contract.js";

const open: Dispatcher[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ seneca }) => closeSeneca(seneca)));
});

const user = z.object({ id: z.string(), name: z.string() });
const account = defineContract({
  target: "here",
  version: "1.0.0",
  actions: {
    findUser: defineAction({
      pattern: { module: "user", if: "load" },
      input: z.strictObject({ id: z.string().min(2), depth: z.coerce.number().int().default(1) }),
      output: user,
    }),
    greet: defineAction({
      input: v.pipeAsync(
        v.object({ name: v.string() }),
        v.checkAsync(async ({ name }) => name !== "nobody", "is nobody"),
      ),
      output: v.object({ text: v.string() }),
    }),
    secret: defineAction({ access: "private", output: z.object({ signal: z.boolean(), tx: z.string() }) }),
    slow: defineAction({ timeoutMs: 20 }),
    chain: defineAction({ input: z.object({ id: z.string() }), output: z.object({ name: z.string() }) }),
    forget: defineAction({}),
    change: defineAction({ input: z.object({ id: z.string() }), output: z.object({ ifMatch: z.string().optional() }) }),
  },
});

function host(found: unknown = { id: "42", name: "Ada" }, options: ImplementOptions = {}) {
  const warned: string[] = [];
  const log: Logger = { ...silentLogger, warn: (message) => void warned.push(message) };
  const dispatcher = createDispatcher({
    name: "here",
    log,
    timeoutMs: 2_000,
    remote: {
      isHere: ({ target }) => target === "here",
      send: (_to, call) => call.succeed({ idempotent: call.idempotent }),
    },
  });
  open.push(dispatcher);
  const inputs: unknown[] = [];
  const implementation = implement(
    account,
    {
      findUser: (input) => {
        inputs.push(input);
        return found as z.input<typeof user>;
      },
      greet: async ({ name }) => ({ text: `Hello, ${name}!` }),
      secret: (_input, { signal, tx }) => ({ signal: signal instanceof AbortSignal, tx }),
      slow: () => new Promise<void>(() => {}),
      chain: async ({ id }, { caller }) => caller(account).findUser({ id }),
      forget: () => {},
      change: (_input, { headers }) => ({ ifMatch: headers["if-match"], http$: { headers: { etag: '"2"' } } }),
    },
    options,
  );
  hostContract(dispatcher.seneca, implementation, { log, isHere: (contract) => contract === account });
  return { ...dispatcher, inputs, warned };
}

const findUser = { module: "user", if: "load", id: "42" };

describe("a contract's action", () => {
  it("runs for its pattern, with the input that its schema makes of the message", async () => {
    const { act, inputs } = host();
    expect(await act({ ...findUser, depth: "3", $$target: "here", $$version: "^1.0.0" })).toEqual({
      id: "42",
      name: "Ada",
    });
    expect(inputs).toEqual([{ id: "42", depth: 3 }]);
  });

  it("runs directly, without Seneca's machinery", () => {
    expect(host().explain(findUser).action?.way).toBe("direct");
  });

  it("refuses an input with what is wrong and where", async () => {
    const refused = host().act({ module: "user", if: "load", id: "4", depth: "x" });
    await expect(refused).rejects.toMatchObject({ code: "invalid_argument", reason: "bad_input" });
    const { details, message } = await refused.then(() => expect.unreachable(), VastifyError.from);
    expect(details).toEqual({
      issues: [
        { path: "id", message: expect.any(String) },
        { path: "depth", message: expect.any(String) },
      ],
    });
    expect(message).toMatch(/^id: .*; depth: /);
  });

  it("refuses an output that its schema does not allow, naming the field and not its value", async () => {
    const refused = host({ id: "42", name: { secret: "pass" } }).act(findUser);
    await expect(refused).rejects.toMatchObject({ code: "internal", reason: "bad_output" });
    await expect(refused).rejects.toThrow(/here\.findUser gave .*: name: /);
    await expect(refused).rejects.not.toThrow(/pass/);
  });

  it("lets the stream of a bad output go", async () => {
    const body = new PassThrough();
    await expect(host({ id: 42, body }).act(findUser)).rejects.toMatchObject({ reason: "bad_output" });
    expect(body.destroyed).toBe(true);
  });

  it("leaves out of an output what its schema does not know", async () => {
    expect(await host({ id: "42", name: "Ada", passwordHash: "x" }).act(findUser)).toEqual({ id: "42", name: "Ada" });
  });

  it("keeps what its result says of HTTP", async () => {
    const found = { id: "42", name: "Ada", passwordHash: "x", http$: { status: 203 } };
    expect(await host(found).act(findUser)).toEqual({ id: "42", name: "Ada", http$: { status: 203 } });
  });

  it("gives a bad output all the same where it is only logged, and says so once", async () => {
    const { act, warned } = host({ id: 42 }, { output: "log" });
    expect(await act(findUser)).toEqual({ id: 42 });
    expect(await act(findUser)).toEqual({ id: 42 });
    expect(warned).toEqual([expect.stringContaining("here.findUser")]);
  });

  it("hands on everything as it is where both sides are trusted", async () => {
    const { act, inputs } = host({ id: 42 }, { input: "trust", output: "trust" });
    expect(await act({ ...findUser, more: 1 })).toEqual({ id: 42 });
    expect(inputs).toEqual([{ id: "42", more: 1 }]);
  });

  it("takes schemas of any library, asynchronous ones too", async () => {
    const { act } = host();
    expect(await act({ action: "greet", name: "Ada" })).toEqual({ text: "Hello, Ada!" });
    await expect(act({ action: "greet", name: "nobody" })).rejects.toMatchObject({ reason: "bad_input" });
  });

  it("is closed to peers when it is private, and open otherwise", async () => {
    const { receive, act } = host();
    const byPeer = (message: object) => outcomeOf(receive({ message: { ...message }, hops: 0 }));
    await expect(byPeer({ action: "secret" })).rejects.toMatchObject({ reason: "no_pattern" });
    expect(await byPeer(findUser)).toEqual({ id: "42", name: "Ada" });
    expect(await act({ action: "secret" }, { tx: "abc" })).toEqual({ signal: true, tx: "abc" });
  });

  it("takes no longer than it declares", async () => {
    await expect(host().act({ action: "slow" })).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  it("calls other actions by their contract within its call", async () => {
    expect(await host().act({ action: "chain", id: "42" })).toEqual({ name: "Ada" });
    await expect(host().act({ action: "chain", id: "4" })).rejects.toMatchObject({ reason: "bad_input" });
  });

  it("takes what a Seneca web module's route brings: parameters before the body before the query", async () => {
    const { act, inputs } = host();
    const args = { params: { id: "42" }, body: { id: "body" }, query: { id: "query", depth: "2" } };
    await act({ module: "user", if: "load", args });
    expect(inputs).toEqual([{ id: "42", depth: 2 }]);
  });

  it("sees the headers of the request that it answers, and says those of the answer", async () => {
    const { act } = host();
    const http$ = { headers: { etag: '"2"' } };
    const args = { params: { id: "42" }, headers: { "if-match": '"1"' } };
    expect(await act({ action: "change", args })).toEqual({ ifMatch: '"1"', http$ });
    expect(await act({ action: "change", id: "42" })).toEqual({ http$ });
  });

  it("runs the same through Seneca", async () => {
    const { act, seneca } = host();
    (seneca as unknown as { sub(pattern: string, heard: () => void): void }).sub("never:heard", () => {});
    expect(await act({ action: "chain", id: "42" })).toEqual({ name: "Ada" });
    await expect(act({ module: "user", if: "load", id: "4" })).rejects.toMatchObject({
      reason: "bad_input",
      details: { issues: [{ path: "id" }] },
    });
    expect(await act({ action: "forget" })).toBeNull();
  });
});

describe("implement", () => {
  it("names the handler that is missing or too many", () => {
    const { findUser: _, ...others } = { findUser: () => {}, greet: () => {} };
    expect(() => implement(account, others as never)).toThrow(/here\.findUser must be a function/);
    const all = Object.fromEntries(Object.keys(account.actions).map((name) => [name, () => {}]));
    expect(() => implement(account, { ...all, other: () => {} } as never)).toThrow(/named after an action/);
  });
});

it.each([
  ["a key of the pattern", defineAction({ pattern: { kind: "book" }, input: z.object({ kind: z.string() }) })],
  [
    "args, beside a route",
    defineAction({ access: "public", rest: { method: "POST", path: "/a" }, input: z.object({ args: z.string() }) }),
  ],
])("an input may have no field that is %s", (_what, action) => {
  const contract = defineContract({ target: "here", version: "1.0.0", actions: { it: action } });
  const { seneca } = host();
  const hosting = () =>
    hostContract(seneca, implement(contract, { it: () => {} }), { log: silentLogger, isHere: () => true });
  expect(hosting).toThrow(
    expect.objectContaining({ reason: "bad_option", message: expect.stringMatching(/of it must be without/) }),
  );
});
