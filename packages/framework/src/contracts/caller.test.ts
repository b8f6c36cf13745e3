import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Message } from "../core/index.js";
import { defineAction } from "./action.js";
import { type CallerOptions, createCaller } from "./caller.js";
import { defineContract } from "./contract.js";

const account = defineContract({
  target: "account-server",
  version: "1.2.0",
  actions: {
    findUser: defineAction({
      pattern: { module: "user", if: "load" },
      input: z.object({ id: z.string() }),
      output: z.object({ name: z.string() }),
      idempotent: true,
      timeoutMs: 9_000,
    }),
    forget: defineAction({ input: z.looseObject({ id: z.string() }) }),
  },
});

function recording(result: unknown = { name: "Ada" }, isHere = false) {
  const sent: { message: Message; options: object }[] = [];
  const caller = createCaller<typeof account, CallerOptions & { tx?: string }>(account, {
    isHere,
    async send(message, options) {
      sent.push({ message, options });
      return result;
    },
  });
  return { caller, sent };
}

describe("a caller", () => {
  it("sends the pattern, the input, the target and a compatible version", async () => {
    const { caller, sent } = recording();
    expect(await caller.findUser({ id: "7" }, { tx: "abc" })).toEqual({ name: "Ada" });
    expect(sent).toEqual([
      {
        message: { module: "user", if: "load", id: "7", $$target: "account-server", $$version: "^1.2.0" },
        options: { idempotent: true, timeoutMs: 9_000, tx: "abc" },
      },
    ]);
  });

  it("asks for the version that the call's options name, even here", async () => {
    const { caller, sent } = recording({}, true);
    await caller.findUser({ id: "7" }, { version: "1.3.0", timeoutMs: 50 });
    expect(sent[0]?.message).toMatchObject({ $$target: "account-server", $$version: "1.3.0" });
    expect(sent[0]?.options).toEqual({ idempotent: true, timeoutMs: 50 });
  });

  it("names no target when the contract is kept by this process", async () => {
    const { caller, sent } = recording({}, true);
    await caller.findUser({ id: "7" });
    expect(sent[0]?.message).toEqual({ module: "user", if: "load", id: "7" });
  });

  it("never lets an input choose another action or target", async () => {
    const input = { id: "7", action: "dropAll", $$target: "elsewhere" };
    const [remote, here] = [recording(), recording({}, true)];
    await remote.caller.forget(input);
    await here.caller.forget(input);
    expect(remote.sent[0]?.message).toMatchObject({ id: "7", action: "forget", $$target: "account-server" });
    expect(here.sent[0]?.message).toEqual({ id: "7", action: "forget" });
  });

  it("gives nothing for an action without output, and keeps HTTP's directives to itself", async () => {
    expect(await recording(null).caller.forget({ id: "7" })).toBeUndefined();
    expect(await recording({ name: "Ada", http$: { status: 201 } }).caller.findUser({ id: "7" })).toEqual({
      name: "Ada",
    });
  });

  it.each([["a text"], [[1]], [null], [JSON.parse('{"__proto__":{"$$target":"elsewhere"}}')]])(
    "refuses the input %j, which is no object of fields",
    async (input) => {
      await expect(recording().caller.findUser(input as never)).rejects.toMatchObject({ reason: "bad_option" });
    },
  );
});
