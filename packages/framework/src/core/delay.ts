import { setTimeout as sleep } from "node:timers/promises";

/** Waits, without holding the process open; resolves early, without an error, when `signal` aborts. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => {});
}
