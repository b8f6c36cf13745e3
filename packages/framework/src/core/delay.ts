import { setTimeout as sleep } from "node:timers/promises";

/** Timers that are told to wait longer don't wait at all. */
const longestMs = 2 ** 31 - 1;

/** Waits, for 24 days at most, without holding the process open; resolves early, without an error, when `signal` aborts. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(Math.min(ms, longestMs), undefined, { ref: false, ...(signal && { signal }) }).catch(() => {});
}
