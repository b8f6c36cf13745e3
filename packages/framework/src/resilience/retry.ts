import { type BackoffOptions, backoffMs, badOption, type Call, type VastifyError } from "../core/index.js";

export interface RetryOptions {
  /** How often a call is tried in all. @default 3 */
  attempts?: number;
  /** @default 10 ms, doubling to at most 200 ms, with full jitter */
  backoff?: BackoffOptions;
}

/**
 * Says how long to wait before a failed call is tried again, in milliseconds, or that it is not.
 * @param attempt how often it was tried
 */
export type RetryPolicy = (call: Call, error: VastifyError, attempt: number) => number | undefined;

/** Reasons that say for sure that the action did not run, so that any call may be tried again. */
const neverRan: ReadonlySet<string | undefined> = new Set(["peer_unreachable", "draining"]);

/**
 * Repeats calls that failed for a passing reason: those that certainly never ran, and idempotent ones whose peer was
 * lost half-way. The call's deadline bounds all tries together.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function createRetryPolicy(options: RetryOptions = {}): RetryPolicy {
  const { attempts = 3, backoff = { baseMs: 10, maxMs: 200 } } = options;
  if (!Number.isInteger(attempts) || attempts < 1)
    throw badOption("retry.attempts", attempts, "a whole number above 0");
  return (call, error, attempt) => {
    if (attempt >= attempts || !call.repeatable || call.outcome !== "open") return undefined;
    const mayRepeat = neverRan.has(error.reason) || (call.idempotent && error.reason === "peer_lost");
    return mayRepeat ? backoffMs(attempt - 1, backoff) : undefined;
  };
}
