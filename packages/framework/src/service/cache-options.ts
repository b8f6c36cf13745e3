import { type ContractEvent, fillTags } from "../contracts/index.js";
import { badOption, type Part } from "../core/index.js";
import type { ActionCache } from "../dispatch/index.js";

/** Tells of events to every process that listens: a `rabbit` part of `vastify/messaging`. */
export interface EventSource {
  onEvent(event: ContractEvent, handler: (payload: unknown) => unknown, options: { broadcast: true }): unknown;
}

export interface CacheOptions {
  /** `memoryCache()` or `redisCache(…)` of `vastify/storage/cache`. The service starts and stops it. */
  store: ActionCache & Part;
  /** No output is used again for longer, in milliseconds, whatever its action says. @default no limit */
  maxTtlMs?: number;
  /** Where events come from that make outputs be forgotten; itself one of the service's parts. @default nowhere */
  broker?: EventSource;
  /** Which of them, by what their contracts say in `forgets`. @default those of the service's own contracts */
  events?: readonly ContractEvent[];
}

export type ResolvedCacheOptions = CacheOptions & Required<Pick<CacheOptions, "maxTtlMs">>;

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveCacheOptions(options: CacheOptions): ResolvedCacheOptions {
  const { store, maxTtlMs = Number.POSITIVE_INFINITY, broker, events } = options;
  if (typeof store?.load !== "function" || typeof store.deleteTagged !== "function")
    throw badOption("cache.store", store, "a cache, such as memoryCache()");
  if (!(maxTtlMs > 0)) throw badOption("cache.maxTtlMs", maxTtlMs, "a number of milliseconds above 0");
  if (broker !== undefined && typeof broker.onEvent !== "function")
    throw badOption("cache.broker", broker, "a rabbit part");
  if (events !== undefined && broker === undefined)
    throw badOption("cache.broker", broker, "a rabbit part, since there are events to listen to");
  return { ...options, maxTtlMs };
}

/** Listens to the events that make outputs untrue: in every process, since each may have a cache of its own. */
export function forgetByEvents({ store, broker, events }: CacheOptions, ownEvents: readonly ContractEvent[]): void {
  for (const event of events ?? ownEvents) {
    const { forgets } = event;
    if (forgets)
      broker?.onEvent(event, (payload) => store.deleteTagged(...fillTags(forgets, payload)), { broadcast: true });
  }
}
