import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ActionDeclaration, type BatchRules, defineAction } from "./action.js";
import { defineContract } from "./contract.js";
import { defineEvent } from "./event.js";

const named = z.object({ name: z.string() });

describe("defineContract", () => {
  it("completes what an action leaves out: closed to the world, not repeatable, chosen by its name", () => {
    const { actions } = defineContract({
      target: "account-server",
      version: "1.2.3",
      actions: { rename: defineAction({ input: named }) },
    });
    expect(actions.rename).toMatchObject({
      name: "rename",
      pattern: { action: "rename" },
      access: { level: "internal", roles: [], scopes: [] },
      idempotent: false,
      rest: undefined,
    });
  });

  it("takes a GET route for idempotent, and an action without output for one that answers 204", () => {
    const { actions } = defineContract({
      target: "account-server",
      version: "1.0.0",
      actions: {
        ping: defineAction({ access: "public", rest: { method: "GET", path: "/ping" } }),
        make: defineAction({
          access: { level: "public", roles: ["admin"] },
          rest: { method: "POST", path: "/things/:kind", status: 201 },
          input: z.object({ kind: z.string() }),
          output: named,
        }),
      },
    });
    expect(actions.ping).toMatchObject({ idempotent: true, rest: { status: 204 } });
    expect(actions.make).toMatchObject({ idempotent: false, rest: { status: 201 }, access: { roles: ["admin"] } });
  });

  it("gives its events target and version", () => {
    const { events } = defineContract({
      target: "account-server",
      version: "1.0.0",
      actions: {},
      events: { userCreated: defineEvent({ name: "user.created", payload: named }) },
    });
    expect(events.userCreated).toEqual({
      target: "account-server",
      name: "user.created",
      version: "1.0.0",
      payload: named,
    });
  });

  const wrong: [string, () => unknown, RegExp][] = [
    ["a version that is none", () => defineContract({ target: "a", version: "1", actions: {} }), /version.*"1"/],
    ["a target that is no name", () => defineContract({ target: "a b", version: "1.0.0", actions: {} }), /target/],
    ["a route that is not public", () => one({ rest: { method: "GET", path: "/a" } }), /a\.it\.access must be public/],
    ["a path that is none", () => one({ access: "public", rest: { method: "GET", path: "a/*" } }), /a\.it\.rest\.path/],
    ["a pattern with a directive", () => one({ pattern: { timeout$: 1 } }), /a\.it\.pattern/],
    ["a pattern that matches many values", () => one({ pattern: { cmd: "*" } }), /a\.it\.pattern/],
    ["a schema that is none", () => one({ input: {} as never }), /a\.it\.input must be a schema/],
    ["an access that is none", () => one({ access: "open" as never }), /a\.it\.access/],
    ["a deadline that is none", () => one({ timeoutMs: 0 }), /a\.it\.timeoutMs/],
    ["a link that is no name", () => one({ links: { "a-b": linked } }), /a\.it\.links must be named by letters/],
    ["a link to no service", () => one({ links: { a: { ...linked, target: "" } } }), /a\.it\.links\.a\.target/],
    [
      "a link by nothing",
      () => one({ links: { a: { ...linked, input: {} } } }),
      /a\.it\.links\.a\.input must be fields/,
    ],
    ["a batch of nobody's calls", () => batching({ action: "gone" }), /a\.several\.batches\.action/],
    ["a batch of its own calls", () => batching({ action: "several" }), /a\.several\.batches\.action/],
    ["a batch by a field that is none", () => batching({ by: "name" }), /a\.several\.batches\.by must be a field/],
    ["a batch of keys that are none", () => batching({ keys: "id" }), /a\.several\.batches\.keys must be a field/],
    [
      "a batch with another access",
      () => batching({}, { access: "public" }),
      /a\.several\.batches must be of the same/,
    ],
    ["a batch of changes", () => batching({}, { idempotent: false }), /a\.several\.batches must be of idempotent/],
    [
      "a socket without a route",
      () => one({ socket: texts }),
      /a\.it\.socket must be with a GET route, got "no route"/,
    ],
    [
      "a socket that is posted to",
      () => one({ access: "public", rest: { method: "POST", path: "/a" }, socket: texts }),
      /a\.it\.socket must be with a GET route, got "POST"/,
    ],
    ["a socket with an output", () => one({ ...talk, output: z.object({}) }), /a\.it\.output/],
    [
      "a socket of no known messages",
      () => one({ ...talk, socket: { ...texts, sends: "xml" as never } }),
      /socket\.sends/,
    ],
    ["a socket of no size", () => one({ ...talk, socket: { ...texts, maxBytes: 0 } }), /socket\.maxBytes/],
    [
      "two actions with one pattern",
      () => {
        const same = defineAction({ pattern: { cmd: "x", kind: 1 } });
        const turned = defineAction({ pattern: { kind: 1, cmd: "x" } });
        return defineContract({ target: "a", version: "1.0.0", actions: { same, turned } });
      },
      /a\.turned must be another one than same's/,
    ],
    [
      "two actions with one route",
      () => {
        const routed = (path: string) => defineAction({ access: "public", rest: { method: "GET", path } });
        return defineContract({ target: "a", version: "1.0.0", actions: { x: routed("/a/:b"), y: routed("/a/:c") } });
      },
      /a\.y must be another one than x's/,
    ],
  ];

  it.each(wrong)("refuses %s", (_what, define, message) => {
    expect(define).toThrow(expect.objectContaining({ reason: "bad_option", message: expect.stringMatching(message) }));
  });
});

const linked = { target: "b", action: "find", input: { id: "id" } };

/** An action that takes the calls of another together. */
function batching(rules: Partial<BatchRules>, declaration: Partial<ActionDeclaration> = {}) {
  const single = defineAction({ idempotent: true, input: z.object({ id: z.string() }), output: named });
  const several = defineAction({
    idempotent: true,
    input: z.object({ ids: z.array(z.string()) }),
    output: z.array(named),
    batches: { action: "single", by: "id", keys: "ids", ...rules },
    ...declaration,
  });
  return defineContract({ target: "a", version: "1.0.0", actions: { single, several } });
}

function one(declaration: Parameters<typeof defineAction>[0]) {
  return defineContract({ target: "a", version: "1.0.0", actions: { it: defineAction(declaration) } });
}

const texts = { receives: "text", sends: "text" } as const;
const talk = { access: "public", rest: { method: "GET", path: "/talk" }, socket: texts } as const;
