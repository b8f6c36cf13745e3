import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { VastifyError } from "../core/index.js";
import { gather } from "./gather.js";
import { gathered } from "./gathered-schema.js";

const user = Promise.resolve({ name: "Ada" });
const failed = () => Promise.reject(new VastifyError("unavailable", "nobody is alive", { reason: "no_instances" }));
const broken = () => Promise.reject(new Error("mongodb://admin:secret@db is away"));

describe("gather", () => {
  it("gives what came of each call", async () => {
    expect(await gather({ user, count: Promise.resolve(3) })).toEqual({
      ...{ user: { name: "Ada" }, count: 3 },
      ...{ partial: false, failures: {} },
    });
  });

  it("gives null for a part that failed, says why, and tells nobody's secrets", async () => {
    const { user: name, orders, stock, partial, failures } = await gather({ user, orders: failed(), stock: broken() });
    expect([name, orders, stock, partial]).toEqual([{ name: "Ada" }, null, null, true]);
    expect(failures).toEqual({
      orders: { code: "unavailable", message: "nobody is alive", reason: "no_instances" },
      stock: { code: "internal", message: expect.not.stringContaining("secret") },
    });
  });

  it("fails when a required part does, with what it failed with", async () => {
    const calls = { user: failed(), orders: broken() };
    await expect(gather(calls, { required: ["user"] })).rejects.toMatchObject({ reason: "no_instances" });
  });

  it("does not wait for a part longer than it is told", async () => {
    const never = new Promise<string>(() => {});
    const { never: nothing, failures } = await gather({ user, never }, { timeoutMs: 5 });
    expect([nothing, failures.never?.reason]).toEqual([null, "deadline_exceeded"]);
  });

  it("leaves no room for parts that are named like its own fields", async () => {
    await expect(gather({ partial: user })).rejects.toThrow(/named neither partial nor failures/);
    expect(() => gathered({ failures: z.string() })).toThrow(/named neither partial nor failures/);
  });

  it("says in types what may be missing", async () => {
    const { user: name, count } = await gather({ user, count: Promise.resolve(3) }, { required: ["user"] });
    expectTypeOf(name).toEqualTypeOf<{ name: string }>();
    expectTypeOf(count).toEqualTypeOf<number | null>();
  });
});

describe("the schema of what was gathered", () => {
  const schema = gathered({ user: z.object({ name: z.string() }), count: z.number() }, { required: ["user"] });
  const validate = async (value: unknown) => schema["~standard"].validate(value);

  it("lets through what its parts allow, and what may be missing", async () => {
    const whole = { user: { name: "Ada", age: 36 }, count: null, partial: true, failures: {} };
    expect(await validate(whole)).toEqual({ value: { ...whole, user: { name: "Ada" } } });
  });

  it("names what is wrong by its part, a required one that is missing too", async () => {
    const { issues = [] } = await validate({ user: null, count: "3" });
    expect(issues.map(({ path }) => path)).toEqual([["user"], ["count"]]);
    expect((await validate({ user: { name: 7 }, count: 1 })).issues?.[0]?.path).toEqual(["user", "name"]);
  });

  it("is JSON Schema where its parts are", () => {
    expect(schema["~standard"].jsonSchema?.output({ target: "draft-2020-12" })).toMatchObject({
      properties: {
        user: { type: "object", properties: { name: { type: "string" } } },
        count: { anyOf: [{ type: "number" }, { type: "null" }] },
        partial: { type: "boolean" },
      },
      required: ["user", "count", "partial", "failures"],
    });
  });
});
