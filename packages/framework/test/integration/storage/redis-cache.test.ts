import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { redisCache } from "../../../src/storage/cache/index.js";
import { newPrefix, redisUrl, startCache } from "../../support/redis.js";
import { until } from "../../support/services.js";

/** Two caches on the same entries, as two processes have them. */
async function twoCaches(options = {}) {
  const prefix = newPrefix();
  const [one, other] = await Promise.all([startCache({ prefix, ...options }), startCache({ prefix, ...options })]);
  return { prefix, one, other };
}

function redis(): Redis {
  const client = new Redis(redisUrl);
  onTestFinished(() => client.disconnect());
  return client;
}

it.each([
  ["url", { url: "http://127.0.0.1" }],
  ["prefix", { url: "redis://127.0.0.1", prefix: 7 }],
  ["leaseMs", { url: "redis://127.0.0.1", leaseMs: 0 }],
])("a cache in Redis refuses a wrong %s by name", (option, options) => {
  expect(() => redisCache(options as never)).toThrow(
    expect.objectContaining({
      reason: "bad_option",
      message: expect.stringContaining(`redisCache.${option} must be `),
    }),
  );
});

const never = () => new Promise<never>(() => {});

describe.skipIf(!redisUrl)("a cache in Redis", () => {
  it("shares its entries, their tags and their end with other processes", async () => {
    const { one, other } = await twoCaches();
    await one.set("a", { n: 1 }, { tags: ["x"] });
    await one.set("b", null, { tags: ["y"] });
    expect([await other.get("a"), await other.get("b"), await other.get("c")]).toEqual([{ n: 1 }, null, undefined]);
    await other.deleteTagged("x");
    await other.delete("b");
    expect([await one.get("a"), await one.get("b")]).toEqual([undefined, undefined]);
  });

  it("expires entries in Redis too, and keeps what may be given stale", async () => {
    const { prefix, one } = await twoCaches();
    await one.set("k", 1, { ttlMs: 5_000, staleMs: 60_000, jitter: 0 });
    const left = await redis().pttl(`${prefix}v:k`);
    expect(left).toBeGreaterThan(5_000);
    expect(left).toBeLessThanOrEqual(65_000);
  });

  it("keeps an entry that is never to end", async () => {
    const { one, other } = await twoCaches();
    await one.set("k", 1, { ttlMs: Number.POSITIVE_INFINITY });
    await one.set("s", 2, { staleMs: Number.POSITIVE_INFINITY });
    expect([await other.get("k"), await other.get("s")]).toEqual([1, 2]);
  });

  it("loads once for two processes", async () => {
    const { one, other } = await twoCaches();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const load = vi.fn(async () => {
      await held;
      return "loaded";
    });
    const both = [one.load("k", load), other.load("k", load)];
    await until(() => load.mock.calls.length, "a loader ran");
    release();
    expect(await Promise.all(both)).toEqual(["loaded", "loaded"]);
    expect(load).toHaveBeenCalledOnce();
  });

  it("lets another process load when the loader failed", async () => {
    const { one, other } = await twoCaches();
    await expect(one.load("k", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await other.load("k", async () => "mended")).toBe("mended");
    expect(await one.get("k")).toBe("mended");
  });

  it("holds others no longer than the lease when the process that loads dies", async () => {
    const { prefix, other } = await twoCaches({ leaseMs: 300 });
    // What a process leaves that died while it loaded.
    await redis().set(`${prefix}l:k`, "7", "PX", 300);
    expect(await other.load("k", async () => "by another")).toBe("by another");
    expect(await other.get("k")).toBe("by another");
  });

  it("keeps its claim while a slow loader lives", async () => {
    const { prefix, one, other } = await twoCaches({ leaseMs: 2_000 });
    const client = redis();
    let finish: (value: string) => void = () => {};
    const loading = one.load("k", () => new Promise<string>((resolve) => (finish = resolve)));
    let lowest = Number.POSITIVE_INFINITY;
    await until(async () => {
      const left = await client.pttl(`${prefix}l:k`);
      if (left < 0) return false;
      lowest = Math.min(lowest, left);
      return left > lowest;
    }, "the claim was renewed");
    const load = vi.fn(async () => "twice");
    const waiting = other.load("k", load);
    finish("once");
    expect(await Promise.all([loading, waiting])).toEqual(["once", "once"]);
    expect(load).not.toHaveBeenCalled();
  });

  it("does not keep what a loader brings whose claim has passed to another", async () => {
    const { prefix, one, other } = await twoCaches();
    const fences: number[] = [];
    let finish: (value: string) => void = () => {};
    const late = one.load("k", ({ fence }) => {
      fences.push(fence);
      return new Promise<string>((resolve) => (finish = resolve));
    });
    await until(() => fences.length, "the first claimed");
    // As if it had been paused beyond its lease.
    await redis().del(`${prefix}l:k`);
    await other.load("k", async ({ fence }) => {
      fences.push(fence);
      return "newer";
    });
    finish("older");
    expect(await late).toBe("older");
    expect(await other.get("k")).toBe("newer");
    expect(fences[1]).toBeGreaterThan(fences[0] as number);
  });

  it.each([
    ["key", "delete" as const, "k"],
    ["tag", "deleteTagged" as const, "t"],
  ])("does not keep what is being loaded when another process forgets its %s", async (_, forget, what) => {
    const { one, other } = await twoCaches();
    let finish: (value: string) => void = () => {};
    const load = vi.fn(() => new Promise<string>((resolve) => (finish = resolve)));
    const loading = one.load("k", load, { tags: ["t"] });
    await until(() => load.mock.calls.length, "the loader ran");
    await other[forget](what);
    finish("before");
    expect(await loading).toBe("before");
    expect(await other.load("k", async () => "after")).toBe("after");
  });

  it("loads by itself when another holds the claim for too long", async () => {
    const { one, other } = await twoCaches();
    const held = one.load("k", never, { timeoutMs: 30_000 }).catch(() => {});
    expect(await other.load("k", async () => "mine", { timeoutMs: 400 })).toBe("mine");
    void held;
  });

  it("renews a stale entry in one process only", async () => {
    const { one, other } = await twoCaches();
    const options = { ttlMs: 20, staleMs: 60_000 };
    await one.set("k", "old", options);
    await until(async () => (await one.get("k")) === undefined, "the entry went stale");
    const load = vi.fn(async () => "new");
    expect(await Promise.all([one.load("k", load), other.load("k", load)])).toEqual(["old", "old"]);
    await until(async () => (await one.get("k")) === "new", "the entry was renewed");
    expect(load).toHaveBeenCalledOnce();
  });

  it("takes what is no entry for nothing, says so once and replaces it", async () => {
    const warn = vi.fn();
    const prefix = newPrefix();
    const cache = await startCache({ prefix }, { debug() {}, info() {}, warn, error() {} });
    await redis().mset(`${prefix}v:a`, "junk", `${prefix}v:b`, "9999999999999 {junk", `${prefix}v:c`, "");
    expect([await cache.get("a"), await cache.get("b"), await cache.get("c")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(warn).toHaveBeenCalledOnce();
    expect(await cache.load("b", async () => 1)).toBe(1);
    expect(await cache.get("b")).toBe(1);
  });

  it("gives what is too large without keeping it", async () => {
    const { one } = await twoCaches({ maxValueBytes: 100 });
    await one.set("k", "small");
    await one.set("k", "x".repeat(200));
    expect(await one.get("k")).toBeUndefined();
    expect(await one.load("k", async () => "y".repeat(200))).toHaveLength(200);
    expect(await one.get("k")).toBeUndefined();
  });

  it("lets nothing grow: tags forget what has expired", async () => {
    const { prefix, one } = await twoCaches();
    for (let n = 0; n < 50; n++) await one.set(`k${n}`, n, { ttlMs: 10, tags: ["t"] });
    const client = redis();
    await until(async () => {
      await one.set("last", 1, { tags: ["t"] });
      return (await client.zcard(`${prefix}t:t`)) === 1;
    }, "only what lives is tagged");
  });
});
