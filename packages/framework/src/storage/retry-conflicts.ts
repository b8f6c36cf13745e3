import { backoffMs, badOption, delay, VastifyError } from "../core/index.js";

export interface RetryConflictsOptions {
  /** How often it is tried in all. @default 5 */
  attempts?: number;
  /** Begins no further attempt when it aborts. */
  signal?: AbortSignal;
  /** @default Math.random */
  random?: () => number;
}

/**
 * Repeats an edit that read a document, changed and saved it, while others were quicker.
 * @param edit must read the document anew each time
 * @throws what `edit` throws; the last `version_conflict` when all attempts met one; the signal's reason;
 *   `invalid_argument`, reason `bad_option`
 */
export async function retryConflicts<Value>(
  edit: () => Promise<Value>,
  { attempts = 5, signal, random = Math.random }: RetryConflictsOptions = {},
): Promise<Value> {
  expectAttempts(attempts);
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await edit();
    } catch (error) {
      const isConflict = VastifyError.is(error) && error.reason === "version_conflict";
      if (!isConflict || attempt >= attempts) throw error;
      await delay(backoffMs(attempt, { baseMs: 5, maxMs: 200, random }), signal);
    }
  }
}

/**
 * What is no number would be compared in vain, and the edit repeated for ever.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function expectAttempts(attempts: number): void {
  if (typeof attempts !== "number" || !(attempts >= 1)) throw badOption("attempts", attempts, "a number from 1 on");
}
