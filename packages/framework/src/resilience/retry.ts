import { type BackoffOptions, backoffMs, type Call, type CallMiddleware, delay, VastifyError } from "../core/index.js";

export interface RetryOptions {
  /** How often a call is tried in all. @default 3 */
  attempts?: number;
  /** @default 10 ms, doubling to at most 200 ms, with full jitter */
  backoff?: BackoffOptions;
}

/** Reasons that say for sure that the action did not run, so that any call may be tried again. */
const neverRan: ReadonlySet<string | undefined> = new Set(["peer_unreachable", "draining"]);

/**
 * Repeats calls that failed for a passing reason: those that certainly never ran, and idempotent ones whose peer was
 * lost half-way. `call.signal` bounds all tries together.
 */
export function retry(options: RetryOptions = {}): CallMiddleware {
  const { attempts = 3, backoff = { baseMs: 10, maxMs: 200 } } = options;
  return (next) => {
    async function again(call: Call, thrown: unknown): Promise<unknown> {
      let error = VastifyError.from(thrown);
      for (let attempt = 1; attempt < attempts && mayRepeat(call, error); attempt++) {
        await delay(backoffMs(attempt - 1, backoff), call.signal);
        if (call.signal.aborted) break;
        try {
          return await next(call);
        } catch (rethrown) {
          error = VastifyError.from(rethrown);
        }
      }
      throw error;
    }
    // A call that succeeds at once pays for nothing but this look at its failure.
    return (call) => next(call).catch((thrown) => again(call, thrown));
  };
}

function mayRepeat(call: Call, error: VastifyError): boolean {
  return neverRan.has(error.reason) || (call.idempotent && error.reason === "peer_lost");
}
