import { badOption, type Part, VastifyError } from "../../core/index.js";
import { createRedisLink } from "./redis-link.js";

export interface RedisRatesOptions {
  /** Where Redis is: `redis://[user:password@]host:port[/db]`, or `rediss:` for TLS. One server, not a cluster. */
  url: string;
  /** What all keys begin with: gateways with the same prefix count together. @default "vastify:rates:" */
  prefix?: string;
  /** How long the start waits for Redis, and a try to connect may take, in milliseconds. @default 2_000 */
  connectTimeoutMs?: number;
  /** How long an answer may take before Redis counts as gone, in milliseconds. @default 200 */
  commandTimeoutMs?: number;
}

/** What came of asking for one request of a rate. */
export interface TakenRate {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetMs: number;
  readonly retryAfterMs: number;
}

export interface RedisRates extends Part {
  /** @throws VastifyError `unavailable` while Redis is gone: a gateway then lets requests pass */
  take(key: string, rate: { readonly limit: number; readonly windowMs: number }): Promise<TakenRate>;
}

/**
 * Counts the requests of all gateways in one place, by Redis's own clock: to be given as `limits.store`, and as a part.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function redisRates(options: RedisRatesOptions): RedisRates {
  const { url, prefix = "vastify:rates:", connectTimeoutMs = 2_000, commandTimeoutMs = 200 } = options;
  if (typeof url !== "string" || !/^rediss?:\/\/./.test(url))
    throw badOption("redisRates.url", url, 'a URL such as "redis://127.0.0.1:6379"');
  for (const [name, ms] of Object.entries({ connectTimeoutMs, commandTimeoutMs }))
    if (!(ms > 0)) throw badOption(`redisRates.${name}`, ms, "a number above 0");
  const link = createRedisLink({
    ...{ url, connectTimeoutMs, commandTimeoutMs },
    user: { name: "redisRates", meanwhile: "requests are not counted" },
    onReached: async () => {},
  });
  return {
    name: "redis rates",
    start: link.start,
    stop: link.stop,
    health: () => ({ ok: true, reachable: link.isUp }),
    async take(key, { limit, windowMs }) {
      const taken = await link.ask((client) => client.vastifyTake(1, prefix + key, limit, windowMs));
      if (!taken) throw new VastifyError("unavailable", "Redis does not count requests now");
      const [allowed, remaining, resetMs, retryAfterMs] = taken.map(Number) as [number, number, number, number];
      return { allowed: allowed === 1, remaining, resetMs, retryAfterMs };
    },
  };
}
