import type { Entry, Lifetime } from "./entry.js";

/** What a store has of a key. */
export interface Found {
  readonly value: unknown;
  readonly isFresh: boolean;
}

export type Claim =
  /** A fresh entry came while we asked. */
  | { readonly kind: "found"; readonly value: unknown }
  /** Ours to load; `fence` is its number. */
  | { readonly kind: "mine"; readonly fence: number }
  /** Another is loading it. */
  | { readonly kind: "busy" }
  /** The store can't be reached. */
  | { readonly kind: "gone" };

/**
 * Where entries are, and who may load one. It never throws: a store that can't be reached has nothing and keeps
 * nothing. `set`, `delete` and `deleteTagged` break the claims on their keys.
 */
export interface CacheStore {
  find(key: string): Promise<Found | undefined>;
  set(key: string, entry: Entry, lifetime: Lifetime, tags: readonly string[]): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
  deleteTagged(tags: readonly string[]): Promise<void>;
  /** A claim ends by `keep` or `release`, or by itself when it is not renewed within this time; undefined: it does not. */
  readonly leaseMs: number | undefined;
  claim(key: string, tags: readonly string[]): Promise<Claim>;
  renew(key: string, fence: number, tags: readonly string[]): Promise<void>;
  /** Stores what was loaded, unless the claim was broken or has lapsed. */
  keep(key: string, fence: number, entry: Entry, lifetime: Lifetime, tags: readonly string[]): Promise<void>;
  release(key: string, fence: number): Promise<void>;
}
