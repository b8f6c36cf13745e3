import { badOption, deepFreeze, VastifyError } from "../../core/index.js";
import type { EntryOptions, LoadOptions } from "./cache.js";

/** A value as a cache holds it. */
export interface Entry {
  readonly text: string;
  /** What `text` says. Frozen, since it is shared. */
  readonly value: unknown;
}

/** How long an entry lives from the moment it is stored, in milliseconds. */
export interface Lifetime {
  readonly freshMs: number;
  /** How long it is kept for stale answers, after it was fresh. */
  readonly staleMs: number;
}

/** @throws VastifyError `invalid_argument`, reason `not_cacheable` */
export function toEntry(key: string, value: unknown): Entry {
  try {
    const text = JSON.stringify(value ?? null) as string | undefined;
    if (text !== undefined) return { text, value: deepFreeze(JSON.parse(text)) };
  } catch (cause) {
    throw notCacheable(key, (cause as Error).message, cause);
  }
  throw notCacheable(key, `it is a ${typeof value}`);
}

function notCacheable(key: string, why: string, cause?: unknown): VastifyError {
  const message = `the value of ${JSON.stringify(key)} can't be cached, since JSON can't hold it: ${why}`;
  return new VastifyError("invalid_argument", message, { reason: "not_cacheable", cause });
}

export function expectKey(key: unknown): string {
  if (typeof key === "string" && key !== "") return key;
  throw badOption("a cache's key", key, "a text that is not empty");
}

// A century: Redis refuses what does not end at all.
const longestMs = 3_155_760_000_000;
// Node.js fires a longer timer at once.
const longestTimerMs = 2_147_483_647;

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

export type ResolvedEntryOptions = Required<EntryOptions>;
export type ResolvedLoadOptions = Required<LoadOptions>;

export function resolveEntryOptions(options: EntryOptions = {}): ResolvedEntryOptions {
  const { ttlMs = 60_000, jitter = 0.1, staleMs = 0, tags = [] } = options;
  if (!(isNumber(ttlMs) && ttlMs > 0)) throw badOption("ttlMs", ttlMs, "a number above 0");
  if (!(isNumber(jitter) && jitter >= 0 && jitter <= 1)) throw badOption("jitter", jitter, "a number from 0 to 1");
  if (!(isNumber(staleMs) && staleMs >= 0)) throw badOption("staleMs", staleMs, "a number from 0 on");
  if (!Array.isArray(tags)) throw badOption("tags", tags, "a list of texts");
  return { ttlMs: Math.min(ttlMs, longestMs), jitter, staleMs: Math.min(staleMs, longestMs), tags };
}

export function resolveLoadOptions(options: LoadOptions = {}): ResolvedLoadOptions {
  const { missingTtlMs = 0, timeoutMs = 10_000 } = options;
  if (!(isNumber(missingTtlMs) && missingTtlMs >= 0))
    throw badOption("missingTtlMs", missingTtlMs, "a number from 0 on");
  if (!(isNumber(timeoutMs) && timeoutMs > 0)) throw badOption("timeoutMs", timeoutMs, "a number above 0");
  return {
    ...resolveEntryOptions(options),
    missingTtlMs: Math.min(missingTtlMs, longestMs),
    timeoutMs: Math.min(timeoutMs, longestTimerMs),
  };
}

/** How long an entry made now lives; undefined when it is not to be kept. */
export function lifetimeOf(
  entry: Entry,
  options: ResolvedEntryOptions & Pick<LoadOptions, "missingTtlMs">,
  random: () => number,
): Lifetime | undefined {
  const { ttlMs, missingTtlMs = ttlMs, jitter, staleMs } = options;
  const isMissing = entry.value === null;
  const wantedMs = isMissing ? missingTtlMs : ttlMs;
  if (wantedMs === 0) return undefined;
  return { freshMs: Math.max(1, Math.round(wantedMs * (1 - jitter * random()))), staleMs: isMissing ? 0 : staleMs };
}
