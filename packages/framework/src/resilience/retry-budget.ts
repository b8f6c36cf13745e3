import { fields, milliseconds, share, wholeNumber } from "../core/index.js";
import { createSlidingCounts } from "./windows/sliding-counts.js";

export interface RetryBudgetOptions {
  /** How many retries there may be per call, from 0 to 1. @default 0.2 */
  ratio?: number;
  /** So many retries per window are always allowed: the share of a few calls would be none. @default 10 */
  minRetries?: number;
  /** How far back calls and retries are counted, in milliseconds. @default 10_000 */
  windowMs?: number;
}

/**
 * Bounds how much retries add to the load of a target that fails: within a window never more than `ratio` times its
 * calls, or `minRetries`, whichever is more. What was not used for a while may be used at once, within a window.
 */
export interface RetryBudget {
  /** A call is sent for the first time. */
  onCall(): void;
  /** Whether one more retry may be sent; it counts from now on. */
  tryRetry(): boolean;
}

export const expectRetryBudget = fields<RetryBudgetOptions>({
  ratio: share,
  minRetries: wholeNumber(0),
  windowMs: milliseconds(1),
});

/** What options leave out. */
export const usualRetryBudget: Readonly<Required<RetryBudgetOptions>> = Object.freeze({
  ratio: 0.2,
  minRetries: 10,
  windowMs: 10_000,
});

const calls = 0;
const retries = 1;

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function createRetryBudget(options: RetryBudgetOptions = {}, now = () => performance.now()): RetryBudget {
  const { ratio, minRetries, windowMs } = { ...usualRetryBudget, ...expectRetryBudget(options, "retryBudget") };
  const lately = createSlidingCounts({ kinds: 2, windowMs, slots: 10, now });
  return {
    onCall() {
      lately.add(calls);
    },
    tryRetry() {
      const allowed = Math.max(minRetries, Math.floor(ratio * lately.count(calls)));
      if (lately.count(retries) >= allowed) return false;
      lately.add(retries);
      return true;
    },
  };
}
