import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { type CachePart, type RedisCacheOptions, redisCache } from "../../src/storage/cache/index.js";
import { silentLogger } from "./framework.js";

/** The real Redis of this run. */
export const redisUrl = process.env.TEST_REDIS_URL ?? "";

/** A prefix that no other test uses. */
export function newPrefix(): string {
  return `test:${randomUUID().slice(0, 8)}:`;
}

/** A started cache, as another process would have it when it is given the same prefix; stopped after the test. */
export async function startCache(options: Partial<RedisCacheOptions> = {}, log = silentLogger): Promise<CachePart> {
  const cache = redisCache({ url: redisUrl, prefix: newPrefix(), ...options });
  onTestFinished(() => cache.stop());
  await cache.start({ log, signal: new AbortController().signal });
  return cache;
}
