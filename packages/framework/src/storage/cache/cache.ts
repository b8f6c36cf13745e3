import type { Part, PartHealth } from "../../core/index.js";

/** How long an entry lives, and by what it is found again. */
export interface EntryOptions {
  /** How long it is fresh, in milliseconds. @default 60_000 */
  ttlMs?: number;
  /**
   * The share of `ttlMs` that chance may take off, from 0 to 1, so that what was stored together does not expire
   * together. @default 0.1
   */
  jitter?: number;
  /** How long `load` may still give it after that, while one loader renews it, in milliseconds. @default 0 */
  staleMs?: number;
  /** What `deleteTagged` finds it by. @default [] */
  tags?: readonly string[];
}

export interface LoadOptions extends EntryOptions {
  /** How long it is remembered that there is nothing: that the loader gave null. @default 0, not at all */
  missingTtlMs?: number;
  /** How long loading may take, in milliseconds; waiting for another process's loader is part of it. @default 10_000 */
  timeoutMs?: number;
}

/** What a loader is given. */
export interface LoadContext {
  /** Aborts when the time is up. */
  readonly signal: AbortSignal;
  /**
   * Grows with every claim on a key, in all processes together: a loader that writes somewhere can hand it on, so that
   * a late one is refused there too. 0 when nothing could be claimed.
   */
  readonly fence: number;
}

/**
 * Keeps what is dear to make. Values are what JSON makes of them, whether they were cached or just loaded: a date comes
 * back as text. Take them as read-only, since others may be given the same one.
 */
export interface Cache {
  /** The fresh entry of a key; null when it is known that there is nothing, undefined when nothing is cached. */
  get<Value>(key: string): Promise<Value | null | undefined>;
  /**
   * Replaces the entry of a key; what is being loaded for it now is not kept.
   * @throws VastifyError `invalid_argument`, reason `not_cacheable`, when JSON can't hold the value
   */
  set(key: string, value: unknown, options?: EntryOptions): Promise<void>;
  /** Forgets keys; what is being loaded for them now is not kept. */
  delete(...keys: readonly string[]): Promise<void>;
  /** Forgets every entry with one of the tags; what is being loaded for them now is not kept. */
  deleteTagged(...tags: readonly string[]): Promise<void>;
  /**
   * The entry of a key, loaded when there is none: by one caller at a time, the others wait for it. A stale entry is
   * given at once and renewed behind the caller's back.
   * @throws what the loader throws; VastifyError `deadline_exceeded` when it takes longer than `timeoutMs`
   */
  load<Value>(key: string, loader: (context: LoadContext) => Promise<Value>, options?: LoadOptions): Promise<Value>;
}

/** A cache that a service starts and stops. */
export interface CachePart extends Cache, Part {
  health(): PartHealth;
}
