import { badOption, type Logger, silentLogger } from "../../core/index.js";
import type { CachePart } from "./cache.js";
import { createLoadThrough } from "./load-through.js";
import { createMissedDeletions } from "./missed-deletions.js";
import { createRedisLink } from "./redis-link.js";
import { createRedisStore, forget, forgetAll, keysUnder } from "./redis-store.js";

export interface RedisCacheOptions {
  /** Where Redis is: `redis://[user:password@]host:port[/db]`, or `rediss:` for TLS. One server, not a cluster. */
  url: string;
  /** What all keys begin with: processes with the same prefix share their entries. @default "vastify:cache:" */
  prefix?: string;
  /** How long the start waits for Redis, and a try to connect may take, in milliseconds. @default 2_000 */
  connectTimeoutMs?: number;
  /** How long an answer may take before Redis counts as gone, in milliseconds. @default 500 */
  commandTimeoutMs?: number;
  /**
   * For how long a process that loads an entry keeps others from it without a sign of life, in milliseconds: so long
   * they wait for one that died. @default 3_000
   */
  leaseMs?: number;
  /** What is larger as JSON is not cached. @default 1_048_576 */
  maxValueBytes?: number;
  /** How many forgotten keys and tags are remembered while Redis is gone; with more, all are forgotten. @default 10_000 */
  maxMissed?: number;
  /** @default Math.random */
  random?: () => number;
}

/**
 * A cache in Redis that processes share: one of them loads an entry, the others wait for it. While Redis is gone,
 * everything goes on uncached; a service starts, works and is ready without it.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function redisCache(options: RedisCacheOptions): CachePart {
  const { url, prefix, connectTimeoutMs, commandTimeoutMs, leaseMs, maxValueBytes, maxMissed, random } =
    resolveRedisCacheOptions(options);
  const keys = keysUnder(prefix);
  const missed = createMissedDeletions({
    forget: (client, forgotten, tags) => forget(client, keys, forgotten, tags),
    forgetAll: (client) => forgetAll(client, keys),
    maxMissed,
  });
  const user = { name: "redisCache", meanwhile: "everything goes on uncached" };
  const link = createRedisLink({ url, connectTimeoutMs, commandTimeoutMs, user, onReached: missed.replay });
  let log: Logger = silentLogger;
  const said = new Set<string>();
  const onBadEntry = (key: string, why: string) => {
    // Once a reason, not once a key: a cache may hold millions.
    if (said.has(why) || said.size >= 100) return;
    said.add(why);
    log.warn(`an entry is not cached: ${JSON.stringify(key)}: ${why}`);
  };
  const store = createRedisStore({ link, keys, missed, leaseMs, maxValueBytes, onBadEntry });
  return {
    ...createLoadThrough(store, { log: () => log, random }),
    name: "redis cache",
    async start(context) {
      log = context.log;
      await link.start(context);
    },
    stop: link.stop,
    health: () => ({ ok: true, reachable: link.isUp }),
  };
}

function resolveRedisCacheOptions(options: RedisCacheOptions): Required<RedisCacheOptions> {
  const resolved = {
    prefix: "vastify:cache:",
    connectTimeoutMs: 2_000,
    commandTimeoutMs: 500,
    leaseMs: 3_000,
    maxValueBytes: 1_048_576,
    maxMissed: 10_000,
    random: Math.random,
    ...options,
  };
  if (!/^rediss?:\/\/./.test(resolved.url)) {
    throw badOption("redisCache.url", resolved.url, 'a URL such as "redis://127.0.0.1:6379"');
  }
  if (typeof resolved.prefix !== "string") throw badOption("redisCache.prefix", resolved.prefix, "a text");
  for (const name of ["connectTimeoutMs", "commandTimeoutMs", "leaseMs", "maxValueBytes", "maxMissed"] as const) {
    if (!(resolved[name] > 0)) throw badOption(`redisCache.${name}`, resolved[name], "a number above 0");
  }
  return resolved;
}
