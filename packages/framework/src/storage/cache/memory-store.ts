import type { CacheStore, Found } from "./cache-store.js";
import type { Entry, Lifetime } from "./entry.js";

export interface MemoryStoreOptions {
  maxEntries: number;
  maxBytes: number;
  /** Milliseconds of any clock. */
  now: () => number;
}

/** An entry, linked into the line from the one used last to the one used longest ago. */
interface Node {
  readonly key: string;
  readonly value: unknown;
  readonly bytes: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly tags: readonly string[];
  newer: Node | undefined;
  older: Node | undefined;
}

export interface MemoryStore extends CacheStore {
  readonly entries: number;
  readonly bytes: number;
  /** The value of a fresh entry; undefined when there is none. */
  fresh(key: string): unknown;
  clear(): void;
}

/** Least recently used entries make room for new ones, when there are too many or they are too large together. */
export function createMemoryStore({ maxEntries, maxBytes, now }: MemoryStoreOptions): MemoryStore {
  const nodes = new Map<string, Node>();
  const tagged = new Map<string, Set<string>>();
  const claims = new Map<string, { readonly fence: number; readonly tags: readonly string[] }>();
  let newest: Node | undefined;
  let oldest: Node | undefined;
  let bytes = 0;
  let lastFence = 0;

  function unlink(node: Node): void {
    if (node.newer) node.newer.older = node.older;
    else newest = node.older;
    if (node.older) node.older.newer = node.newer;
    else oldest = node.newer;
  }

  function linkAsNewest(node: Node): void {
    node.newer = undefined;
    node.older = newest;
    if (newest) newest.newer = node;
    else oldest = node;
    newest = node;
  }

  function use(node: Node): void {
    if (node === newest) return;
    unlink(node);
    linkAsNewest(node);
  }

  function remove(node: Node): void {
    unlink(node);
    nodes.delete(node.key);
    bytes -= node.bytes;
    for (const tag of node.tags) {
      const keys = tagged.get(tag);
      keys?.delete(node.key);
      if (keys?.size === 0) tagged.delete(tag);
    }
  }

  function put(key: string, { text, value }: Entry, { freshMs, staleMs }: Lifetime, tags: readonly string[]): void {
    const replaced = nodes.get(key);
    if (replaced) remove(replaced);
    const size = Buffer.byteLength(text) + Buffer.byteLength(key);
    if (size > maxBytes) return;
    const freshUntil = now() + freshMs;
    const times = { freshUntil, staleUntil: freshUntil + staleMs };
    const node: Node = { key, value, bytes: size, ...times, tags, newer: undefined, older: undefined };
    nodes.set(key, node);
    linkAsNewest(node);
    bytes += size;
    for (const tag of tags) tagged.set(tag, (tagged.get(tag) ?? new Set()).add(key));
    while (oldest && (nodes.size > maxEntries || bytes > maxBytes)) remove(oldest);
  }

  function forget(keys: Iterable<string>): void {
    for (const key of keys) {
      claims.delete(key);
      const node = nodes.get(key);
      if (node) remove(node);
    }
  }

  function fresh(key: string): unknown {
    const node = nodes.get(key);
    if (node === undefined || node.freshUntil <= now()) return undefined;
    use(node);
    return node.value;
  }

  return {
    leaseMs: undefined,
    get entries() {
      return nodes.size;
    },
    get bytes() {
      return bytes;
    },
    fresh,
    clear: () => forget([...nodes.keys(), ...claims.keys()]),
    async find(key): Promise<Found | undefined> {
      const node = nodes.get(key);
      if (!node) return undefined;
      const at = now();
      if (node.staleUntil > at) {
        use(node);
        return { value: node.value, isFresh: node.freshUntil > at };
      }
      remove(node);
      return undefined;
    },
    async set(key, entry, lifetime, tags) {
      claims.delete(key);
      put(key, entry, lifetime, tags);
    },
    async delete(keys) {
      forget(keys);
    },
    async deleteTagged(tags) {
      for (const tag of tags) forget([...(tagged.get(tag) ?? [])]);
      for (const [key, claim] of claims) if (claim.tags.some((tag) => tags.includes(tag))) claims.delete(key);
    },
    // One process: the table of loads keeps the others out, and a claim only tells whether it was broken.
    async claim(key, tags) {
      const value = fresh(key);
      if (value !== undefined) return { kind: "found", value };
      const fence = ++lastFence;
      claims.set(key, { fence, tags });
      return { kind: "mine", fence };
    },
    async renew() {},
    async keep(key, fence, entry, lifetime, tags) {
      if (claims.get(key)?.fence !== fence) return;
      claims.delete(key);
      put(key, entry, lifetime, tags);
    },
    async release(key, fence) {
      if (claims.get(key)?.fence === fence) claims.delete(key);
    },
  };
}
