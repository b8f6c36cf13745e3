import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ActionDeclaration, defineAction } from "../action.js";
import { defineContract } from "../contract.js";
import { describeContract } from "../describe-contract.js";
import { defineEvent } from "../event.js";
import type { Schema } from "../schema.js";
import type { MessageShape, SocketRules } from "../sockets/socket-rules.js";
import { compareContracts } from "./compare-contracts.js";

function contractOf(actions: Record<string, ActionDeclaration>, events: Record<string, Schema> = {}) {
  const named = Object.entries(events).map(([name, payload]) => [name, defineEvent({ name, payload })]);
  return describeContract(
    defineContract({ target: "library", version: "1.0.0", actions, events: Object.fromEntries(named) }),
  );
}

function changes(older: ActionDeclaration, newer: ActionDeclaration) {
  const of = (action: ActionDeclaration) =>
    contractOf({ it: defineAction({ pattern: { cmd: "it" }, ...action } as ActionDeclaration) });
  return compareContracts(of(older), of(newer)).map(({ isBreaking, text }) => [isBreaking ? "breaks" : "fits", text]);
}

const input = (before: Schema, after: Schema) => changes({ input: before }, { input: after });
const output = (before: Schema, after: Schema) => changes({ output: before }, { output: after });

const text = z.object({ a: z.string() });
const more = z.object({ a: z.string(), b: z.string() });
const optional = z.object({ a: z.string(), b: z.string().optional() });
const one = (schema: z.ZodType) => z.object({ a: schema });

const talks = (receives: MessageShape, sends: MessageShape, maxBytes = 100): SocketRules => ({
  receives,
  sends,
  maxBytes,
});

const got: ActionDeclaration = { access: "public", rest: { method: "GET", path: "/a" } };

describe("an input", () => {
  it.each([
    ["a field that may be left out", text, optional],
    ["a field with a default", text, z.object({ a: z.string(), b: z.number().default(1) })],
    ["a field fewer", more, text],
    ["a field that need not be there any more", more, optional],
    ["more values", one(z.enum(["x", "y"])), one(z.enum(["x", "y", "z"]))],
    ["any text instead of some", one(z.literal("x")), one(z.string())],
    ["any number instead of whole ones", one(z.int()), one(z.number())],
    ["longer texts", one(z.string().max(5)), one(z.string().max(9))],
    ["another type besides", one(z.string()), one(z.union([z.number(), z.string()]))],
    ["null besides", one(z.string()), one(z.string().nullable())],
  ])("may take %s", (_what, before, after) => {
    expect(input(before, after)).toEqual([["fits", "the input has changed, compatibly"]]);
  });

  it.each<[string, z.ZodType, z.ZodType, string]>([
    ["want another field", text, more, "the input's b may be missing"],
    ["refuse a field it took", more, z.strictObject({ a: z.string() }), "the input's b is not known"],
    ["take another type", one(z.string()), one(z.number()), "the input's a is string, not number"],
    ["take fewer values", one(z.enum(["x", "y"])), one(z.enum(["x"])), 'the input\'s a may be "y"'],
    ["take shorter texts", one(z.string()), one(z.string().max(5)), "the input's a maxLength is not set, not 5"],
    ["want a form", one(z.string()), one(z.email()), 'the input\'s a format is not set, not "email"'],
    ["want more of what is in a list", one(z.array(text)), one(z.array(more)), "the input's a.*.b may be missing"],
    [
      "take less in a record",
      one(z.record(z.string(), z.number())),
      one(z.record(z.string(), z.int())),
      "the input's a.* is number, not integer",
    ],
    [
      "take one type less",
      one(z.union([z.number(), z.string()])),
      one(z.string()),
      "the input's a is number, not string",
    ],
    ["take null no more", one(z.string().nullable()), one(z.string()), "the input's a is null, not string"],
  ])("may not %s", (_what, before, after, expected) => {
    expect(input(before, after)).toContainEqual(["breaks", expected]);
  });
});

describe("an output", () => {
  it.each([
    ["one field more", text, more],
    ["a field always that was there sometimes", optional, more],
    ["fewer values", one(z.enum(["x", "y"])), one(z.enum(["x"]))],
    ["whole numbers only", one(z.number()), one(z.int())],
  ])("may give %s", (_what, before, after) => {
    expect(output(before, after)).toEqual([["fits", "the output has changed, compatibly"]]);
  });

  it.each<[string, z.ZodType, z.ZodType, string]>([
    ["leave a field out", more, text, "the output's b may be missing"],
    ["leave a field out sometimes", more, optional, "the output's b may be missing"],
    ["give a value that nobody knows", one(z.enum(["x"])), one(z.enum(["x", "y"])), 'the output\'s a may be "y"'],
    ["give null", one(z.string()), one(z.string().nullable()), "the output's a is null, not string"],
    ["give another type", one(z.int()), one(z.number()), "the output's a is number, not integer"],
  ])("may not %s", (_what, before, after, expected) => {
    expect(output(before, after)).toContainEqual(["breaks", expected]);
  });

  it("that nobody can describe any more can't be compared", () => {
    expect(output(text, one(z.date()))).toEqual([["breaks", expect.stringContaining("can't be compared")]]);
    expect(output(one(z.date()), text)).toEqual([["fits", "the output is described now"]]);
  });
});

it("a field is compared by itself, whatever another field's alternatives came to", () => {
  const before = z.object({ a: z.string(), b: z.string() });
  const after = z.object({ a: z.union([z.number(), z.string()]), b: z.number() });
  expect(input(before, after)).toEqual([["breaks", "the input's b is string, not number"]]);
});

describe("a schema that refers to itself", () => {
  const tree = (value: z.ZodType) => {
    const node = z.object({
      value,
      get children() {
        return z.array(node);
      },
    });
    return node as z.ZodType;
  };

  it("is compared all the way down, once", () => {
    expect(input(tree(z.string()), tree(z.string()))).toEqual([]);
    expect(input(tree(z.string()), tree(z.number()))).toContainEqual([
      "breaks",
      "the input's value is string, not number",
    ]);
    expect(output(tree(z.string()), tree(z.literal("x")))).toEqual([["fits", "the output has changed, compatibly"]]);
  });
});

describe("an action", () => {
  const routed = (path: string, status?: number): ActionDeclaration => ({
    access: "public",
    rest: { method: "POST", path, ...(status !== undefined && { status }) },
  });
  const guarded = (roles: string[], scopes: string[] = []): ActionDeclaration => ({
    access: { level: "public", roles, scopes },
  });

  it.each<[string, ActionDeclaration, ActionDeclaration, string]>([
    ["closed", { access: "public" }, { access: "internal" }, "is internal, not public"],
    ["chosen by another pattern", {}, { pattern: { cmd: "other" } }, "the pattern is cmd:other, not cmd:it"],
    ["moved", routed("/a"), routed("/b"), "the route is POST /b"],
    ["taken off its route", routed("/a"), { access: "public" }, "the route POST /a is gone"],
    ["answered with another status", routed("/a"), routed("/a", 201), "answers with 201, not 204"],
    ["not to be repeated", { idempotent: true }, {}, "may not be repeated any more"],
    ["for certain roles", guarded([]), guarded(["admin"]), "is for the roles admin"],
    ["for fewer roles", guarded(["a", "b"]), guarded(["a"]), "is for the roles a"],
    ["wanting more scopes", guarded([], ["read"]), guarded([], ["read", "write"]), "wants the scopes read, write"],
  ])("may not become %s", (_what, before, after, expected) => {
    expect(changes(before, after)).toEqual([["breaks", expected]]);
  });

  it.each<[string, ActionDeclaration, ActionDeclaration]>([
    ["public", {}, { access: "public" }],
    ["routed", { access: "public" }, routed("/a")],
    ["repeatable", {}, { idempotent: true }],
    ["for more roles", guarded(["a"]), guarded(["a", "b"])],
    ["for everybody", guarded(["a"], ["read"]), guarded([])],
    ["deprecated", {}, { deprecated: "use another" }],
  ])("may become %s", (_what, before, after) => {
    for (const [effect] of changes(before, after)) expect(effect).toBe("fits");
  });

  it.each<[string, SocketRules, SocketRules, [string, string][]]>([
    [
      "may take more",
      talks(text, text),
      talks(optional, text),
      [["fits", "the message received has changed, compatibly"]],
    ],
    [
      "may not want more",
      talks(text, text),
      talks(more, text),
      [["breaks", "the message received's b may be missing"]],
    ],
    ["may send more", talks(text, text), talks(text, more), [["fits", "the message sent has changed, compatibly"]]],
    ["may not send less", talks(text, more), talks(text, text), [["breaks", "the message sent's b may be missing"]]],
    [
      "may not send bytes instead",
      talks(text, text),
      talks(text, "bytes"),
      [["breaks", "sends bytes over its socket, not json"]],
    ],
    [
      "may take larger ones",
      talks("text", text, 5),
      talks("text", text, 6),
      [["fits", "messages may have 6 bytes, not 5"]],
    ],
    [
      "may not take smaller ones",
      talks("text", text, 6),
      talks("text", text, 5),
      [["breaks", "messages may have 5 bytes, not 6"]],
    ],
  ])("that talks over a socket %s", (_what, before, after, expected) => {
    expect(changes({ ...got, socket: before }, { ...got, socket: after })).toEqual(expected);
  });

  it("may not begin or stop to talk over a socket", () => {
    const talking = { ...got, socket: talks(text, text) };
    expect(changes(talking, got)).toEqual([["breaks", "does not talk over a socket any more"]]);
    expect(changes(got, talking)).toEqual([["breaks", "talks over a socket now"]]);
  });

  it("or an event may come and may not go", () => {
    const none = contractOf({});
    const some = contractOf({ find: defineAction({}) }, { "book.added": text });
    expect(compareContracts(none, some)).toEqual([
      { of: "find", isBreaking: false, text: "the action is new" },
      { of: "book.added", isBreaking: false, text: "the event is new" },
    ]);
    expect(compareContracts(some, none).map(({ isBreaking }) => isBreaking)).toEqual([true, true]);
    expect(compareContracts(some, some)).toEqual([]);
  });

  it("whose event's payload gives less breaks its listeners", () => {
    const [before, after] = [contractOf({}, { "book.added": more }), contractOf({}, { "book.added": text })];
    expect(compareContracts(before, after)).toEqual([
      { of: "book.added", isBreaking: true, text: "the payload's b may be missing" },
    ]);
  });
});

it("a target under another name breaks all who call it", () => {
  const [older, newer] = ["library", "books"].map((target) =>
    describeContract(defineContract({ target, version: "1.0.0", actions: {} })),
  );
  if (!older || !newer) throw new Error("both are there");
  expect(compareContracts(older, newer)).toEqual([
    { isBreaking: true, of: "library", text: "the target is books, so nobody finds it who calls it by its name" },
  ]);
});
