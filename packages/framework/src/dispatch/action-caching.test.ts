import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ActionDeclaration, defineAction, defineContract } from "../contracts/index.js";
import { silentLogger, VastifyError } from "../core/index.js";
import { type ActionCache, type RunAction, withCaching } from "./action-caching.js";
import type { Seneca } from "./seneca-types.js";

const here = {} as Seneca;

/** Keeps by key, and one load of a key at a time. */
function keptInMap() {
  const entries = new Map<string, { value: Promise<unknown>; tags: readonly string[]; ttlMs: number }>();
  const store: ActionCache = {
    load(key, loader, { tags, ttlMs }) {
      const found = entries.get(key);
      if (found) return found.value as never;
      const value = loader();
      entries.set(key, { value, tags, ttlMs });
      value.catch(() => entries.delete(key));
      return value;
    },
    async deleteTagged(...tags) {
      for (const [key, entry] of entries) if (entry.tags.some((tag) => tags.includes(tag))) entries.delete(key);
    },
  };
  return { store, entries };
}

function cached(declaration: ActionDeclaration, run: RunAction, { store, entries } = keptInMap()) {
  const { actions, ...contract } = defineContract({ target: "here", version: "1.2.0", actions: { it: declaration } });
  const caching = { store, maxTtlMs: 5_000 };
  const action = withCaching(run, {
    contract: { ...contract, actions },
    action: actions.it,
    caching,
    log: silentLogger,
  });
  return { entries, store, call: async (input: object) => action(here, {}, input) };
}

const output = z.object({ runs: z.int() });

function counted() {
  let runs = 0;
  return () => ({ runs: ++runs });
}

describe("an action whose output is cached", () => {
  const findUser = defineAction({ idempotent: true, output, cache: { ttlMs: 60_000, tags: ["users", "user:{id}"] } });

  it("runs once for the same input, in whatever order its fields come", async () => {
    const { call, entries } = cached(findUser, counted());
    expect(await call({ id: "7", by: { a: 1, b: 2 } })).toEqual({ runs: 1 });
    expect(await call({ by: { b: 2, a: 1 }, id: "7" })).toEqual({ runs: 1 });
    expect(await call({ id: "7", by: { a: 1, b: 3 } })).toEqual({ runs: 2 });
    expect([...entries.values()][0]).toMatchObject({ tags: ["users", "user:7"], ttlMs: 5_000 });
  });

  it("runs once for inputs that differ in what the output does not depend on", async () => {
    const cache = { ttlMs: 1_000, keys: ["id"] };
    const { call } = cached(defineAction({ idempotent: true, output, cache }), counted());
    expect([await call({ id: "7", trace: 1 }), await call({ id: "7", trace: 2 })]).toEqual([{ runs: 1 }, { runs: 1 }]);
    expect(await call({ id: "8" })).toEqual({ runs: 2 });
  });

  it("is found again however long its input is", async () => {
    const { call, entries } = cached(findUser, counted());
    const long = { id: "7".repeat(10_000) };
    expect([await call(long), await call(long)]).toEqual([{ runs: 1 }, { runs: 1 }]);
    expect([...entries.keys()][0]?.length).toBeLessThan(100);
  });

  it("runs for a caller who waited for one that gave up", async () => {
    let runs = 0;
    const giveUp: ((error: Error) => void)[] = [];
    const run = () => {
      if (++runs > 1) return { runs };
      return new Promise((_, reject) => giveUp.push(reject));
    };
    const { call } = cached(findUser, run);
    const [first, second] = [call({ id: "7" }), call({ id: "7" })];
    giveUp[0]?.(new VastifyError("canceled", "the caller went away"));
    await expect(first).rejects.toMatchObject({ code: "canceled" });
    expect(await second).toEqual({ runs: 2 });
  });

  it("fails all who waited when it fails", async () => {
    const run = async () => {
      throw new VastifyError("not_found", "there is no such user");
    };
    const { call } = cached(findUser, run);
    const calls = await Promise.allSettled([call({ id: "7" }), call({ id: "7" })]);
    expect(calls).toMatchObject([{ reason: { code: "not_found" } }, { reason: { code: "not_found" } }]);
  });

  it("is forgotten once an action has run that says so, also in vain", async () => {
    const kept = keptInMap();
    const find = cached(findUser, counted(), kept);
    const edit = cached(defineAction({ forgets: ["user:{id}"] }), () => "done", kept);
    const fail = cached(defineAction({ forgets: ["users"] }), () => Promise.reject(new Error("half done")), kept);
    await find.call({ id: "7" });
    await edit.call({ id: "8" });
    expect(await find.call({ id: "7" })).toEqual({ runs: 1 });
    expect(await edit.call({ id: "7" })).toBe("done");
    expect(await find.call({ id: "7" })).toEqual({ runs: 2 });
    await expect(fail.call({})).rejects.toThrow("half done");
    expect(await find.call({ id: "7" })).toEqual({ runs: 3 });
  });
});

it("refuses to cache what changes something or gives nothing", () => {
  const cache = { ttlMs: 1_000 };
  const declare = (declaration: ActionDeclaration) => () =>
    defineContract({ target: "here", version: "1.0.0", actions: { it: declaration } });
  expect(declare(defineAction({ output, cache }))).toThrow(/here\.it\.cache/);
  expect(declare(defineAction({ idempotent: true, cache }))).toThrow(/here\.it\.cache/);
  expect(declare(defineAction({ idempotent: true, output, cache: { ttlMs: 0 } }))).toThrow(/cache\.ttlMs/);
});
