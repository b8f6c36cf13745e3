import { badOption, Deadlines, type Logger, VastifyError } from "../../core/index.js";
import type { Rate, RateLimitStore, Taken } from "./rate-limit-store.js";

export interface ForgivingStoreOptions {
  store: RateLimitStore;
  /** How long an answer may take, in milliseconds. */
  timeoutMs: number;
  log: Logger;
}

/** A store that never fails and never takes long; it gives undefined for a request that could not be counted. */
export interface ForgivingStore {
  take(key: string, rate: Rate): Promise<Taken | undefined> | Taken | undefined;
}

/** A store that is away stops nobody: it guards the gateway, and must not be what brings it down. */
export function forgivingStore({ store, timeoutMs, log }: ForgivingStoreOptions): ForgivingStore {
  const deadlines = new Deadlines();
  let isAway = false;
  /** Of a store that let a request wait in vain. One at a time tries whether it is over; the others need not wait too. */
  let silence: "none" | "lasting" | "being tried" = "none";

  function heard(answer: unknown): Taken {
    silence = "none";
    const taken = expectTaken(answer);
    isAway = false;
    return taken;
  }

  /** What was asked before the store went silent says nothing of the one that tries it now. */
  function failed(err: unknown, isTry: boolean): undefined {
    if (isTry || silence !== "being tried") silence = isTooLate(err) ? "lasting" : "none";
    if (!isAway) log.warn("requests can't be counted, so no rate is kept for now", { err });
    isAway = true;
  }

  /** What comes too late is let go. */
  function inTime(answering: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiting = {
        ...{ remainingMs: timeoutMs, deadline: undefined, list: undefined, next: undefined, previous: undefined },
        expire: () => reject(tooLate(timeoutMs)),
      };
      deadlines.add(waiting);
      const settle = (end: (value: unknown) => void) => (value: unknown) => {
        deadlines.remove(waiting);
        end(value);
      };
      answering.then(settle(resolve), settle(reject));
    });
  }

  return {
    take(key, rate) {
      if (silence === "being tried") return undefined;
      const isTry = silence === "lasting";
      if (isTry) silence = "being tried";
      try {
        const answer: unknown = store.take(key, rate);
        if (!isPromise(answer)) return heard(answer);
        return inTime(Promise.resolve(answer))
          .then(heard)
          .catch((err: unknown) => failed(err, isTry));
      } catch (err) {
        return failed(err, isTry);
      }
    },
  };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}

/** @throws VastifyError reason `bad_option` */
function expectTaken(answer: unknown): Taken {
  const { allowed, remaining, resetMs, retryAfterMs } = (answer ?? {}) as Partial<Taken>;
  if (typeof allowed !== "boolean") throw badOption("allowed in what limits.store answers", allowed, "true or false");
  expectAmount("remaining", remaining);
  expectAmount("resetMs", resetMs);
  expectAmount("retryAfterMs", retryAfterMs);
  return answer as Taken;
}

function expectAmount(name: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY) return;
  throw badOption(`${name} in what limits.store answers`, value, "a number from 0 up");
}

function isTooLate(err: unknown): boolean {
  return VastifyError.is(err) && err.reason === "deadline_exceeded";
}

function tooLate(timeoutMs: number): VastifyError {
  return new VastifyError("deadline_exceeded", `limits.store did not answer within ${timeoutMs} ms`, {
    reason: "deadline_exceeded",
  });
}
