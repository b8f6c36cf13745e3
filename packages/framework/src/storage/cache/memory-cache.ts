import { badOption, type Logger, silentLogger } from "../../core/index.js";
import type { CachePart, LoadContext, LoadOptions } from "./cache.js";
import { createLoadThrough } from "./load-through.js";
import { createMemoryStore } from "./memory-store.js";

export interface MemoryCacheOptions {
  /** @default 10_000 */
  maxEntries?: number;
  /** The keys and values together, as UTF-8 JSON; what V8 makes of them is larger. @default 67_108_864 */
  maxBytes?: number;
  /** @default Date.now */
  now?: () => number;
  /** @default Math.random */
  random?: () => number;
}

/**
 * A cache in this process: it drops what was used least recently, and is empty after a restart.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function memoryCache(options: MemoryCacheOptions = {}): CachePart {
  const { maxEntries = 10_000, maxBytes = 64 * 1024 * 1024, now = Date.now, random = Math.random } = options;
  if (!(maxEntries >= 1)) throw badOption("memoryCache.maxEntries", maxEntries, "a number from 1 on");
  if (!(maxBytes >= 1)) throw badOption("memoryCache.maxBytes", maxBytes, "a number from 1 on");
  let log: Logger = silentLogger;
  const store = createMemoryStore({ maxEntries, maxBytes, now });
  const cache = createLoadThrough(store, { log: () => log, random });
  return {
    ...cache,
    name: "cache",
    // Hits go the shortest way, since they are what a cache is for.
    get: <Value>(key: string) => Promise.resolve(store.fresh(key) as Value | null | undefined),
    load<Value>(key: string, loader: (context: LoadContext) => Promise<Value>, loadOptions?: LoadOptions) {
      const value = store.fresh(key);
      return value === undefined ? cache.load(key, loader, loadOptions) : Promise.resolve(value as Value);
    },
    async start(context) {
      log = context.log;
    },
    async stop() {
      store.clear();
    },
    health: () => ({ ok: true, entries: store.entries, bytes: store.bytes }),
  };
}
