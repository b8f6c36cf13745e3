import { type RunningRedis, startRedis } from "@vastify/backends";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { newPrefix, redisUrl, startCache } from "../../support/redis.js";
import { until } from "../../support/services.js";

async function ownRedis(): Promise<RunningRedis> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return redis;
}

function listeningLog() {
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  return { lines, log: { debug() {}, info: note, warn: note, error: note } };
}

const quick = { connectTimeoutMs: 300, commandTimeoutMs: 200 };

describe.skipIf(!redisUrl)("while Redis is gone", () => {
  it("everything goes on uncached, it is said once, and the cache comes back by itself", async () => {
    const redis = await ownRedis();
    const { lines, log } = listeningLog();
    const cache = await startCache({ url: redis.url, ...quick }, log);
    await cache.set("k", "before");
    await redis.kill();
    await until(() => cache.health().reachable === false, "the loss was seen");
    await cache.set("k", "lost");
    await cache.delete("other");
    expect(await cache.get("k")).toBeUndefined();
    expect(await cache.load("k", async () => "loaded")).toBe("loaded");
    expect(cache.health()).toEqual({ ok: true, reachable: false });
    await redis.start();
    await until(() => cache.health().reachable, "it came back");
    expect(await cache.load("k", async () => "again")).toBe("again");
    expect(await cache.get("k")).toBe("again");
    expect(lines).toEqual([
      expect.stringMatching(/^Redis at redis:\/\/127\.0\.0\.1:\d+ is gone \(.+\): everything goes on uncached/),
      expect.stringMatching(/is back$/),
    ]);
  });

  it("a service starts without it, and uses it once it comes", async () => {
    const redis = await ownRedis();
    await redis.stop();
    const { lines, log } = listeningLog();
    const cache = await startCache({ url: redis.url, ...quick }, log);
    expect(await cache.load("k", async () => 1)).toBe(1);
    expect(lines).toEqual([expect.stringContaining("is gone (")]);
    await redis.start();
    await until(() => cache.health().reachable, "it was reached");
    expect(lines).toHaveLength(2);
  });

  it("nobody waits for one that hangs", async () => {
    const redis = await ownRedis();
    const cache = await startCache({ url: redis.url, ...quick });
    await cache.set("k", "before");
    redis.freeze();
    expect(await cache.load("k", async () => "loaded")).toBe("loaded");
    expect(cache.health()).toEqual({ ok: true, reachable: false });
    redis.thaw();
    await until(() => cache.health().reachable, "it came back");
  });

  it("what should have been forgotten is forgotten before a Redis that was only cut off is used again", async () => {
    const redis = await ownRedis();
    const cache = await startCache({ url: redis.url, ...quick });
    await cache.set("by key", 1);
    await cache.set("by tag", 2, { tags: ["t"] });
    await cache.set("replaced", 3);
    await cache.set("stays", 4);
    redis.freeze();
    await cache.get("by key");
    await cache.delete("by key");
    await cache.deleteTagged("t");
    await cache.set("replaced", "newer");
    redis.thaw();
    await until(() => cache.health().reachable, "it came back");
    const keys = ["by key", "by tag", "replaced", "stays"];
    expect(await Promise.all(keys.map((key) => cache.get(key)))).toEqual([undefined, undefined, undefined, 4]);
  });

  it("everything is forgotten when more should have been than is remembered", async () => {
    const redis = await ownRedis();
    const prefix = newPrefix();
    const cache = await startCache({ url: redis.url, prefix, maxMissed: 2, ...quick });
    await cache.set("stays", 1);
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    await client.set("another's", "key");
    redis.freeze();
    await cache.get("stays");
    await cache.delete("a", "b", "c");
    redis.thaw();
    await until(() => cache.health().reachable, "it came back");
    expect(await cache.get("stays")).toBeUndefined();
    expect(await client.get("another's")).toBe("key");
  });

  it("what Redis refuses is said once a kind, and the rest goes on", async () => {
    const redis = await ownRedis();
    const { lines, log } = listeningLog();
    const cache = await startCache({ url: redis.url, ...quick }, log);
    await cache.set("k", "kept");
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    await client.config("SET", "maxmemory", "1");
    const load = vi.fn(async () => "loaded");
    for (let n = 0; n < 3; n++) expect(await cache.load("other", load)).toBe("loaded");
    expect(load).toHaveBeenCalledTimes(3);
    expect(await cache.get("k")).toBe("kept");
    expect(lines).toEqual([expect.stringContaining("OOM")]);
  });
});

it("refuses an address that is none", async () => {
  await expect(startCache({ url: "127.0.0.1:6379" })).rejects.toMatchObject({ reason: "bad_option" });
});
