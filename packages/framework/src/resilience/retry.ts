import {
  type BackoffOptions,
  backoffMs,
  type Call,
  fields,
  milliseconds,
  type VastifyError,
  wholeNumber,
} from "../core/index.js";
import type { RetryBudget } from "./retry-budget.js";

/** When a failed call is tried again. */
export interface RetryRule {
  /** How often a call is tried in all; 1 switches retries off. @default 3 */
  attempts?: number;
  /** The longest wait before the first retry, in milliseconds; it doubles with each. @default 10 */
  baseMs?: number;
  /** No wait is longer, in milliseconds. @default 200 */
  maxMs?: number;
}

export interface RetryOptions extends RetryRule {
  /** Whether every call is idempotent, whatever it says of itself. @default false */
  idempotent?: boolean;
  /** Shared by all calls of a target, so that retries never drown it. @default none: no bound */
  budget?: RetryBudget;
  /** @default Math.random */
  random?: () => number;
}

/**
 * Says how long to wait before a failed call is tried again, in milliseconds, or that it is not.
 * @param attempt how often it was tried
 */
export type RetryPolicy = (call: Call, error: VastifyError, attempt: number) => number | undefined;

export const expectRetryRule = fields<RetryRule>({
  attempts: wholeNumber(1),
  baseMs: milliseconds(0),
  maxMs: milliseconds(0),
});

/** What a rule leaves out. */
export const usualRetries: Readonly<Required<RetryRule>> = Object.freeze({ attempts: 3, baseMs: 10, maxMs: 200 });

/** Reasons that say for sure that the action did not run, so that any call may be tried again. */
const neverRan: ReadonlySet<string | undefined> = new Set(["peer_unreachable", "draining", "too_many_calls"]);

/** Passing codes, but the next try would find the same. */
const lasting: ReadonlySet<string | undefined> = new Set([
  "no_instances",
  "no_version",
  "circuit_open",
  "bulkhead_full",
  "body_too_large",
]);

/**
 * Repeats calls that failed for a passing reason: those that certainly never ran, and idempotent ones that were
 * answered `unavailable` or `resource_exhausted` or whose peer was lost half-way. The waits have full jitter. The
 * call's deadline bounds all tries together, and a wait beyond it is not begun.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function createRetryPolicy(options: RetryOptions = {}): RetryPolicy {
  const { idempotent = false, budget, random = Math.random, ...rule } = options;
  const { attempts, baseMs, maxMs } = { ...usualRetries, ...expectRetryRule(rule, "retry") };
  const backoff: BackoffOptions = { baseMs, maxMs, random };
  return (call, error, attempt) => {
    if (attempt >= attempts || !call.repeatable || call.outcome !== "open") return undefined;
    if (!neverRan.has(error.reason) && !((idempotent || call.idempotent) && isPassing(error))) return undefined;
    const waitMs = backoffMs(attempt - 1, backoff);
    if (waitMs >= call.remainingMs || budget?.tryRetry() === false) return undefined;
    return waitMs;
  };
}

function isPassing({ code, reason }: VastifyError): boolean {
  return (code === "unavailable" || code === "resource_exhausted") && !lasting.has(reason);
}
