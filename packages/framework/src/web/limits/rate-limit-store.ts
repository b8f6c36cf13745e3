/** So many requests in so much time, spread evenly; unused ones may come at once. */
export interface Rate {
  readonly limit: number;
  readonly windowMs: number;
}

/** What came of asking for one request. */
export interface Taken {
  readonly allowed: boolean;
  /** How many more may come right now. */
  readonly remaining: number;
  /** In how many milliseconds `limit` of them may come at once again. */
  readonly resetMs: number;
  /** In how many milliseconds the next one may come; 0 when one may come now. */
  readonly retryAfterMs: number;
}

/** Where requests are counted: in this process, or in one place for all gateways. */
export interface RateLimitStore {
  /**
   * Takes one request out of what `key` may send. One that is refused costs nothing. What fails, takes too long
   * (`limits.storeTimeoutMs`) or answers something else stops nobody: the request passes uncounted.
   */
  take(key: string, rate: Rate): Taken | Promise<Taken>;
}

export interface MemoryStoreOptions {
  /** In milliseconds; only differences count. */
  now(): number;
  /** Of more keys than this, those that were quiet for longest are forgotten. */
  maxKeys: number;
}

/**
 * Counts in memory by the generic cell rate algorithm (ITU-T I.371, annex A): for each key only the time is kept when it
 * will have used up nothing, its "theoretical arrival time".
 */
export function createMemoryStore({ now, maxKeys }: MemoryStoreOptions): RateLimitStore {
  /** By the order of their last requests. */
  const arrivals = new Map<string, number>();

  /** Looks at two for each one that comes, so that the map holds no more than are in use. */
  function forgetQuiet(at: number): void {
    let looked = 0;
    for (const [key, arrival] of arrivals) {
      const isQuiet = arrival <= at || arrivals.size > maxKeys;
      if (!isQuiet || looked++ >= 2) return;
      arrivals.delete(key);
    }
  }

  return {
    take(key, { limit, windowMs }) {
      const at = now();
      const eachMs = windowMs / limit;
      const arrival = Math.max(arrivals.get(key) ?? at, at);
      const next = arrival + eachMs;
      // Half a thousandth of a request: sums of fractions are not exact.
      const retryAfterMs = next - at - windowMs;
      const allowed = retryAfterMs <= eachMs / 2_000;
      const used = (allowed ? next : arrival) - at;
      if (allowed) {
        arrivals.delete(key);
        arrivals.set(key, next);
        forgetQuiet(at);
      }
      return {
        allowed,
        remaining: Math.max(0, Math.floor((windowMs - used) / eachMs + 0.0005)),
        resetMs: used,
        retryAfterMs: allowed ? 0 : retryAfterMs,
      };
    },
  };
}
