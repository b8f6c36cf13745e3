import { parseDurationMs } from "./duration.js";
import { Refusal } from "./refusal.js";
import type { Query } from "./reply.js";
import type { WriteLog } from "./write-log.js";

const defaultWaitMs = 5 * 60_000;
const longestWaitMs = 10 * 60_000;

/** What a client asks of a blocking query: to be told of what came after `index`, and when to give up. */
export interface Patience {
  readonly index: number;
  readonly waitMs: number;
}

/** Reads `index` and `wait`; up to a sixteenth is added to the wait, so that many clients do not come back together. */
export function parsePatience(query: URLSearchParams, random: () => number): Patience {
  const index = query.get("index") || "0";
  if (!/^\d+$/.test(index)) throw new Refusal(400, "Invalid index");
  const wait = query.get("wait") || "0s";
  const askedMs = parseDurationMs(wait);
  if (askedMs === undefined) throw new Refusal(400, "Invalid wait time");
  const waitMs = askedMs <= 0 ? defaultWaitMs : Math.min(askedMs, longestWaitMs);
  return { index: Number(index), waitMs: waitMs + random() * (waitMs / 16) };
}

/** Resolves when `query` has something newer than the client knows, or its patience ends, or `signal` aborts. */
export function waitForNews(query: Query, patience: Patience, writes: WriteLog, signal: AbortSignal): Promise<void> {
  const isNews = () => query.index() > patience.index;
  if (patience.index === 0 || isNews() || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      stopListening();
      resolve();
    };
    const timer = setTimeout(finish, patience.waitMs);
    signal.addEventListener("abort", finish);
    const stopListening = writes.onWrite(() => {
      if (isNews()) finish();
    });
  });
}
