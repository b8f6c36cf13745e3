import * as v from "valibot";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { defineAction } from "./action.js";
import { createCaller } from "./caller.js";
import { defineContract } from "./contract.js";
import { implement } from "./implement.js";

const account = defineContract({
  target: "account-server",
  version: "1.0.0",
  actions: {
    findUser: defineAction({
      input: z.object({ id: z.string(), depth: z.coerce.number().default(1) }),
      output: z.object({ id: z.string(), name: z.string() }),
    }),
    listUsers: defineAction({
      input: v.object({ limit: v.optional(v.number(), 50) }),
      output: v.array(v.object({ name: v.string() })),
    }),
    ping: defineAction({}),
  },
});

const caller = createCaller(account, { send: async () => ({ id: "7", name: "Ada" }) });

describe("a typed caller", () => {
  it("takes what the input's schema takes, and gives what the output's schema makes", () => {
    expectTypeOf(caller.findUser).parameter(0).toExtend<{ id: string } | undefined>();
    expectTypeOf(caller.findUser).returns.resolves.toEqualTypeOf<{ id: string; name: string }>();
    expectTypeOf(caller.listUsers).returns.resolves.toEqualTypeOf<{ name: string }[]>();
    expectTypeOf(caller.ping).returns.resolves.toEqualTypeOf<void>();
  });

  it("does not compile with what the contract does not know", () => {
    const wrong = () => [
      // @ts-expect-error the id is a text
      caller.findUser({ id: 7 }),
      // @ts-expect-error the id is missing
      caller.findUser({}),
      // @ts-expect-error an input that is needed can't be left out
      caller.findUser(),
      // @ts-expect-error there is no such field
      caller.findUser({ id: "7", nmae: "Ada" }),
      // @ts-expect-error there is no such action
      caller.dropUser({ id: "7" }),
      // @ts-expect-error there is no such option
      caller.findUser({ id: "7" }, { timeout: 1 }),
      // An input that may be empty can be left out.
      caller.listUsers(),
      caller.ping(),
    ];
    expectTypeOf(wrong).toBeFunction();
    // @ts-expect-error the output has no such field
    void ((user: Awaited<ReturnType<typeof caller.findUser>>) => user.email);
  });
});

describe("implement", () => {
  it("gives handlers what the input's schema makes, and holds them to the output's", () => {
    implement(account, {
      findUser: async ({ id, depth }, context) => {
        expectTypeOf(depth).toBeNumber();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(context.caller(account).findUser).returns.resolves.toEqualTypeOf<{ id: string; name: string }>();
        return { id, name: "Ada", http$: { status: 203 } };
      },
      listUsers: ({ limit }) => [{ name: String(limit) }],
      ping: () => {},
    });
  });

  it("does not compile without a handler, nor with one that gives something else", () => {
    const wrong = () => [
      // @ts-expect-error two handlers are missing
      implement(account, { findUser: async ({ id }) => ({ id, name: "Ada" }) }),
      implement(account, {
        // @ts-expect-error the name is missing
        findUser: async ({ id }) => ({ id }),
        listUsers: () => [],
        ping: async () => {},
      }),
    ];
    expectTypeOf(wrong).toBeFunction();
  });
});

describe("an action that talks over a socket", () => {
  const chat = defineContract({
    target: "chat-server",
    version: "1.0.0",
    actions: {
      talk: defineAction({
        access: "public",
        rest: { method: "GET", path: "/talk/:room" },
        input: z.object({ room: z.string() }),
        socket: { receives: z.object({ say: z.string().default("") }), sends: z.object({ heard: z.string() }) },
      }),
      relay: defineAction({
        access: "public",
        rest: { method: "GET", path: "/relay" },
        socket: { receives: "bytes", sends: "text" },
      }),
    },
  });

  it("gets and gives what its schemas say", () => {
    implement(chat, {
      async *talk({ room }, { received, signal }) {
        expectTypeOf(room).toEqualTypeOf<string>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(received).toEqualTypeOf<AsyncIterableIterator<{ say: string }>>();
        for await (const { say } of received) yield { heard: say };
      },
      async *relay(_input, { received }) {
        expectTypeOf(received).toEqualTypeOf<AsyncIterableIterator<Uint8Array>>();
        for await (const bytes of received) yield String(bytes.length);
      },
    });
    const wrong = () =>
      implement(chat, {
        // @ts-expect-error it sends something else
        async *talk() {
          yield { said: "x" };
        },
        // @ts-expect-error it sends bytes
        async *relay() {
          yield Buffer.from("x");
        },
      });
    expectTypeOf(wrong).toBeFunction();
  });

  it("is none that callers can call", () => {
    expectTypeOf(createCaller(chat, { send: async () => null })).toEqualTypeOf<Record<never, never>>();
  });
});
