import { describe, expect, it, vi } from "vitest";
import { VastifyError } from "../../core/index.js";
import type { LoadContext } from "./cache.js";
import { type MemoryCacheOptions, memoryCache } from "./memory-cache.js";

/** A cache without chance, whose clock moves by hand. */
function cacheAt(options: MemoryCacheOptions = {}) {
  const clock = { ms: 1_000 };
  return { clock, cache: memoryCache({ now: () => clock.ms, random: () => 0, ...options }) };
}

/** A loader whose answer is given later, and how often it was asked. */
function heldLoader<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((take) => {
    resolve = take;
  });
  return { load: vi.fn((_: LoadContext) => promise), resolve };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("an entry", () => {
  it("may take longer to load than a timer can wait", async () => {
    const { cache } = cacheAt();
    const { load, resolve } = heldLoader<number>();
    setTimeout(() => resolve(1), 20);
    expect(await cache.load("k", load, { timeoutMs: Number.POSITIVE_INFINITY })).toBe(1);
  });

  it("is what JSON makes of it, and can't be changed by whom it was given to", async () => {
    const { cache } = cacheAt();
    const given = { at: new Date(0), list: [{ n: 1 }] };
    await cache.set("k", given);
    given.list.push({ n: 2 });
    const got = await cache.get<{ list: object[] }>("k");
    expect(got).toEqual({ at: "1970-01-01T00:00:00.000Z", list: [{ n: 1 }] });
    expect(() => got?.list.push({})).toThrow(TypeError);
  });

  it.each([
    ["a function", () => {}],
    ["a BigInt", 1n],
    ["a symbol", Symbol("s")],
  ])("can't be %s", async (_, value) => {
    const { cache } = cacheAt();
    await expect(cache.set("k", value)).rejects.toMatchObject({ reason: "not_cacheable" });
    await expect(cache.load("k", async () => value)).rejects.toMatchObject({ reason: "not_cacheable" });
  });

  it("is gone after its time", async () => {
    const { cache, clock } = cacheAt();
    await cache.set("k", 1, { ttlMs: 100 });
    clock.ms += 99;
    expect(await cache.get("k")).toBe(1);
    clock.ms += 1;
    expect(await cache.get("k")).toBeUndefined();
  });

  it("lives shorter by chance, so that entries don't expire together", async () => {
    const { cache, clock } = cacheAt({ random: () => 0.5 });
    await cache.set("k", 1, { ttlMs: 100, jitter: 0.2 });
    clock.ms += 89;
    expect(await cache.get("k")).toBe(1);
    clock.ms += 1;
    expect(await cache.get("k")).toBeUndefined();
  });

  it("is found by any of its tags", async () => {
    const { cache } = cacheAt();
    await cache.set("a", 1, { tags: ["x", "y"] });
    await cache.set("b", 2, { tags: ["y"] });
    await cache.set("c", 3, { tags: ["z"] });
    await cache.deleteTagged("x");
    expect([await cache.get("a"), await cache.get("b"), await cache.get("c")]).toEqual([undefined, 2, 3]);
    await cache.deleteTagged("y", "z");
    expect([await cache.get("b"), await cache.get("c")]).toEqual([undefined, undefined]);
  });

  it("no longer has the tags of the one that it replaced", async () => {
    const { cache } = cacheAt();
    await cache.set("a", 1, { tags: ["x"] });
    await cache.set("a", 2);
    await cache.deleteTagged("x");
    expect(await cache.get("a")).toBe(2);
  });
});

describe("the bounds", () => {
  it("drop what was used least recently when there are too many", async () => {
    const { cache } = cacheAt({ maxEntries: 2 });
    await cache.set("a", 1);
    await cache.set("b", 2);
    await cache.get("a");
    await cache.set("c", 3);
    expect([await cache.get("a"), await cache.get("b"), await cache.get("c")]).toEqual([1, undefined, 3]);
    expect(cache.health()).toMatchObject({ entries: 2 });
  });

  it("drop as many as it takes when they are too large", async () => {
    const { cache } = cacheAt({ maxBytes: 60 });
    for (const key of ["a", "b", "c"]) await cache.set(key, "x".repeat(10));
    await cache.set("d", "ü".repeat(20));
    expect([await cache.get("a"), await cache.get("b"), await cache.get("c")]).toEqual([
      undefined,
      undefined,
      "x".repeat(10),
    ]);
    expect(cache.health()).toEqual({ ok: true, entries: 2, bytes: 13 + 43 });
  });

  it("leave out what is larger than all of them", async () => {
    const { cache } = cacheAt({ maxBytes: 20 });
    await cache.set("a", 1);
    await cache.set("b", "x".repeat(100));
    expect([await cache.get("a"), await cache.get("b")]).toEqual([1, undefined]);
  });
});

describe("loading", () => {
  it("asks the loader once for all who want the key at the same time, and not again while it is fresh", async () => {
    const { cache } = cacheAt();
    const { load, resolve } = heldLoader<{ n: number }>();
    const wanted = Array.from({ length: 50 }, () => cache.load("k", load));
    await settled();
    resolve({ n: 1 });
    expect(new Set(await Promise.all(wanted)).size).toBe(1);
    expect(await cache.load("k", load)).toEqual({ n: 1 });
    expect(load).toHaveBeenCalledOnce();
  });

  it("gives everyone who waits the loader's error, and asks again the next time", async () => {
    const { cache } = cacheAt();
    const load = vi.fn().mockRejectedValueOnce(new Error("broken")).mockResolvedValue(1);
    const outcomes = await Promise.allSettled([cache.load("k", load), cache.load("k", load)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await cache.load("k", load)).toBe(1);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("remembers that there is nothing only when it is told to", async () => {
    const { cache, clock } = cacheAt();
    const load = vi.fn(async () => null);
    await cache.load("k", load);
    expect(await cache.load("k", load, { missingTtlMs: 50 })).toBeNull();
    expect(await cache.load("k", load, { missingTtlMs: 50 })).toBeNull();
    expect(await cache.get("k")).toBeNull();
    expect(load).toHaveBeenCalledTimes(2);
    clock.ms += 50;
    await cache.load("k", load);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it("gives a stale entry at once and renews it behind the caller's back, once", async () => {
    const { cache, clock } = cacheAt();
    const options = { ttlMs: 100, staleMs: 1_000 };
    await cache.load("k", async () => "old", options);
    clock.ms += 500;
    const { load, resolve } = heldLoader<string>();
    expect(await cache.load("k", load, options)).toBe("old");
    expect(await cache.load("k", load, options)).toBe("old");
    expect(await cache.get("k")).toBeUndefined();
    resolve("new");
    await settled();
    expect(await cache.load("k", load, options)).toBe("new");
    expect(load).toHaveBeenCalledOnce();
  });

  it("keeps giving a stale entry while its source fails, and says so", async () => {
    const { cache, clock } = cacheAt();
    const warn = vi.fn();
    const log = { debug() {}, info() {}, warn, error() {} };
    await cache.start({ log, signal: new AbortController().signal });
    await cache.load("k", async () => "old", { ttlMs: 100, staleMs: 1_000 });
    clock.ms += 500;
    const broken = vi.fn(async () => Promise.reject(new Error("broken")));
    expect(await cache.load<string>("k", broken)).toBe("old");
    await settled();
    expect(await cache.load<string>("k", broken)).toBe("old");
    expect(broken).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledOnce();
    clock.ms += 1_000;
    await expect(cache.load("k", broken)).rejects.toThrow("broken");
  });

  it.each([
    ["its key was forgotten", "delete" as const, "k"],
    ["its tag was forgotten", "deleteTagged" as const, "t"],
  ])("does not keep what it began to load before %s", async (_, forget, what) => {
    const { cache } = cacheAt();
    const before = heldLoader<string>();
    const first = cache.load("k", before.load, { tags: ["t"] });
    await settled();
    await cache[forget](what);
    const second = cache.load("k", async () => "after", { tags: ["t"] });
    before.resolve("before");
    expect([await first, await second]).toEqual(["before", "after"]);
    expect(await cache.get("k")).toBe("after");
  });

  it("does not put what it loaded over what was set meanwhile", async () => {
    const { cache } = cacheAt();
    const { load, resolve } = heldLoader<string>();
    const loaded = cache.load("k", load);
    await settled();
    await cache.set("k", "set");
    resolve("loaded");
    expect(await loaded).toBe("loaded");
    expect(await cache.get("k")).toBe("set");
  });

  it("gives up a loader that takes too long, and tells it", async () => {
    vi.useFakeTimers();
    try {
      const { cache } = cacheAt();
      const { load } = heldLoader<string>();
      const outcome = cache.load("k", load, { timeoutMs: 200 }).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(250);
      expect(await outcome).toMatchObject({ code: "deadline_exceeded" });
      expect(VastifyError.is(load.mock.calls[0]?.[0].signal.reason)).toBe(true);
      expect(await cache.load("k", async () => "again")).toBe("again");
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    [{ ttlMs: 0 }],
    [{ ttlMs: Number.NaN }],
    [{ ttlMs: "100" }],
    [{ tags: "users" }],
    [{ jitter: 2 }],
    [{ staleMs: -1 }],
    [{ missingTtlMs: -1 }],
    [{ timeoutMs: 0 }],
  ])("refuses %o", async (options: object) => {
    await expect(memoryCache().load("k", async () => 1, options)).rejects.toMatchObject({ reason: "bad_option" });
  });
});
