// One way to keep things: node hits-child.mjs NAME REDIS_URL
import { deepStrictEqual } from "node:assert";
import { Redis } from "ioredis";
import { memoryCache, redisCache } from "vastify/storage/cache";
import { oneAtATime, saturated } from "../calls/load.mjs";
import { answerParent } from "../support/child.mjs";

const [name, url] = process.argv.slice(2);
const user = { id: "65f0c0c0c0c0c0c0c0c0c0c0", name: "alice", createdAt: "2026-01-01T00:00:00.000Z", version: 7 };
const keys = Array.from({ length: 1_000 }, (_, n) => `user:${n}`);
const modes = { oneAtATime, saturated };
const context = { log: console, signal: new AbortController().signal };

/** Each gives a function that reads one key; the values are the same in all. */
const contestants = {
  async map() {
    const map = new Map(keys.map((key) => [key, user]));
    return (key) => map.get(key);
  },
  async memory() {
    const cache = memoryCache();
    for (const key of keys) await cache.set(key, user, { ttlMs: 3_600_000 });
    return (key) => cache.get(key);
  },
  async "memory-load"() {
    const cache = memoryCache();
    const load = async () => user;
    for (const key of keys) await cache.load(key, load, { ttlMs: 3_600_000 });
    return (key) => cache.load(key, load);
  },
  async ioredis() {
    const redis = new Redis(url);
    for (const key of keys) await redis.set(key, JSON.stringify(user));
    return (key) => redis.get(key);
  },
  async redis() {
    const cache = redisCache({ url });
    await cache.start(context);
    for (const key of keys) await cache.set(key, user, { ttlMs: 3_600_000 });
    return (key) => cache.get(key);
  },
};

let read;
let turn = 0;
/** What all contestants pay alike: the next key. */
const readNext = () => read(keys[turn++ % keys.length]);

answerParent({
  async start() {
    read = await contestants[name]();
    const got = await read(keys[0]);
    deepStrictEqual(typeof got === "string" ? JSON.parse(got) : got, user);
  },
  measure: ({ mode, seconds }) => modes[mode](readNext, undefined, seconds),
});
