import { backoffMs, delay, type Logger, VastifyError } from "../../core/index.js";
import type { Cache, LoadContext, LoadOptions } from "./cache.js";
import type { CacheStore, Claim } from "./cache-store.js";
import {
  expectKey,
  lifetimeOf,
  type ResolvedLoadOptions,
  resolveEntryOptions,
  resolveLoadOptions,
  toEntry,
} from "./entry.js";

export interface LoadThroughOptions {
  log: () => Logger;
  random: () => number;
}

type Loader = (context: LoadContext) => Promise<unknown>;

/** One load in this process; whoever wants the key meanwhile waits for it. */
interface Flight {
  readonly outcome: Promise<unknown>;
  readonly tags: readonly string[];
}

// A source that fails is asked for a stale entry no more often than this.
const refreshRestMs = 1_000;

/** A cache over a store: one load per key at a time, in this process by a table, among processes by claims. */
export function createLoadThrough(store: CacheStore, { log, random }: LoadThroughOptions): Cache {
  const flights = new Map<string, Flight>();
  const refreshing = new Set<string>();

  function join(key: string, loader: Loader, options: ResolvedLoadOptions): Promise<unknown> {
    const flying = flights.get(key);
    if (flying) return flying.outcome;
    const outcome = loadAlone(key, loader, options).finally(() => {
      if (flights.get(key)?.outcome === outcome) flights.delete(key);
    });
    flights.set(key, { outcome, tags: options.tags });
    return outcome;
  }

  async function loadAlone(key: string, loader: Loader, options: ResolvedLoadOptions): Promise<unknown> {
    const endsAt = performance.now() + options.timeoutMs;
    // Half of the time for another's loader, so that half is left for ours when it comes to nothing.
    const claim = await claimWithin(options.timeoutMs / 2, key, options.tags);
    if (claim.kind === "found") return claim.value;
    return loadClaimed(key, claim, loader, { ...options, timeoutMs: Math.max(1, endsAt - performance.now()) });
  }

  async function claimWithin(patienceMs: number, key: string, tags: readonly string[]): Promise<Claim> {
    const endsAt = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      const claim = await store.claim(key, tags);
      if (claim.kind !== "busy" || performance.now() >= endsAt) return claim;
      await delay(5 + backoffMs(attempt, { baseMs: 10, maxMs: 100, random }));
    }
  }

  async function loadClaimed(key: string, claim: Claim, loader: Loader, options: ResolvedLoadOptions) {
    const fence = claim.kind === "mine" ? claim.fence : 0;
    const renewing = fence > 0 ? keepRenewing(key, fence, options.tags) : undefined;
    try {
      const entry = toEntry(key, await callWithin(options.timeoutMs, key, loader, fence));
      const lifetime = lifetimeOf(entry, options, random);
      if (fence > 0) {
        if (lifetime) await store.keep(key, fence, entry, lifetime, options.tags);
        else await store.release(key, fence);
      }
      return entry.value;
    } catch (error) {
      if (fence > 0) await store.release(key, fence);
      throw error;
    } finally {
      clearInterval(renewing);
    }
  }

  function keepRenewing(key: string, fence: number, tags: readonly string[]): NodeJS.Timeout | undefined {
    if (store.leaseMs === undefined) return undefined;
    return setInterval(() => void store.renew(key, fence, tags), store.leaseMs / 3).unref();
  }

  function refresh(key: string, loader: Loader, options: ResolvedLoadOptions): void {
    if (refreshing.has(key)) return;
    refreshing.add(key);
    refreshOnce(key, loader, options).then(
      () => refreshing.delete(key),
      (err) => {
        log().warn(`a stale entry could not be renewed: ${JSON.stringify(key)}`, { err });
        setTimeout(() => refreshing.delete(key), refreshRestMs).unref();
      },
    );
  }

  /** Leaves it to another process that is at it. */
  async function refreshOnce(key: string, loader: Loader, options: ResolvedLoadOptions): Promise<void> {
    const claim = await store.claim(key, options.tags);
    if (claim.kind === "mine") await loadClaimed(key, claim, loader, options);
  }

  return {
    async get<Value>(key: string) {
      const found = await store.find(key);
      return found?.isFresh ? (found.value as Value) : undefined;
    },
    async set(key, value, options) {
      const resolved = resolveEntryOptions(options);
      const entry = toEntry(expectKey(key), value);
      flights.delete(key);
      const lifetime = lifetimeOf(entry, resolved, random);
      if (lifetime) await store.set(key, entry, lifetime, resolved.tags);
    },
    async delete(...keys) {
      for (const key of keys) flights.delete(key);
      if (keys.length > 0) await store.delete(keys);
    },
    async deleteTagged(...tags) {
      for (const [key, flight] of flights) if (flight.tags.some((tag) => tags.includes(tag))) flights.delete(key);
      if (tags.length > 0) await store.deleteTagged(tags);
    },
    async load<Value>(key: string, loader: (context: LoadContext) => Promise<Value>, options?: LoadOptions) {
      const found = await store.find(key);
      if (found?.isFresh) return found.value as Value;
      const resolved = resolveLoadOptions(options);
      if (found) {
        refresh(key, loader, resolved);
        return found.value as Value;
      }
      return (await join(expectKey(key), loader, resolved)) as Value;
    },
  };
}

/** A loader that does not look at its signal is left behind when the time is up. */
async function callWithin(timeoutMs: number, key: string, loader: Loader, fence: number): Promise<unknown> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `loading ${JSON.stringify(key)} into the cache took longer than ${Math.round(timeoutMs)} ms`;
      const error = new VastifyError("deadline_exceeded", message, { reason: "deadline_exceeded" });
      late.abort(error);
      reject(error);
    }, timeoutMs);
    timer.unref();
  });
  try {
    return await Promise.race([loader({ signal: late.signal, fence }), expired]);
  } finally {
    clearTimeout(timer);
  }
}
