import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until `probe` gives something true, and gives it. The deadline is for the case that it never does.
 * @template T
 * @param {() => T | Promise<T>} probe
 * @param {string} what
 */
export async function until(probe, what, { deadlineMs = 30_000, everyMs = 20 } = {}) {
  const giveUpAt = performance.now() + deadlineMs;
  for (let lastError; ; ) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > giveUpAt)
      throw new Error(`never happened within ${deadlineMs} ms: ${what}`, lastError && { cause: lastError });
    await sleep(everyMs);
  }
}
