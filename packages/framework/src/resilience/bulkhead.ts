import { badOption, fields, VastifyError, wholeNumber } from "../core/index.js";

export interface BulkheadOptions {
  /** So many calls may be under way at once. */
  maxInFlight: number;
  /** So many more may wait for one of them to end; what comes then is refused. @default 0 */
  maxWaiting?: number;
}

/** Bounds how many calls are under way, so that one slow target can't take all of a process. First come, first served. */
export interface Bulkhead {
  /**
   * Calls `run` now, or once a place is free, or never. A waiting `run` stands for one call: it is not given twice.
   * Whatever was run must `leave`.
   */
  enter(run: () => void): "entered" | "waiting" | "refused";
  /** A call that was run has ended: the next waiting one is run. */
  leave(): void;
  /** A call was given up while it waited; false when it did not wait (any more), so that it has to `leave`. */
  drop(run: () => void): boolean;
  /** From now on it is as wide as that; who is in or waits stays. @throws VastifyError reason `bad_option` */
  resize(options: BulkheadOptions): void;
  readonly inFlight: number;
  readonly waiting: number;
}

export const expectBulkhead = fields<BulkheadOptions>({ maxInFlight: wholeNumber(1), maxWaiting: wholeNumber(0) });

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function createBulkhead(options: BulkheadOptions): Bulkhead {
  let { maxInFlight, maxWaiting } = resolveBulkhead(options);
  const waiting = new Set<() => void>();
  // A set's iterator goes on to what is added later, and never looks at what is behind it again.
  let inOrder = waiting.values();
  let inFlight = 0;
  let isFilling = false;

  function next(): (() => void) | undefined {
    let step = inOrder.next();
    if (step.done) {
      inOrder = waiting.values();
      step = inOrder.next();
    }
    if (step.done) return undefined;
    waiting.delete(step.value);
    return step.value;
  }

  /** One that ends at once leaves while it is being run; a loop takes that up, where recursion would grow the stack. */
  function fill(): void {
    if (isFilling) return;
    isFilling = true;
    try {
      while (inFlight < maxInFlight) {
        const run = next();
        if (run === undefined) return;
        inFlight += 1;
        run();
      }
    } finally {
      isFilling = false;
    }
  }

  return {
    enter(run) {
      if (inFlight < maxInFlight && waiting.size === 0) {
        inFlight += 1;
        run();
        return "entered";
      }
      if (waiting.size >= maxWaiting) return "refused";
      waiting.add(run);
      return "waiting";
    },
    leave() {
      inFlight -= 1;
      if (waiting.size > 0) fill();
    },
    drop: (run) => waiting.delete(run),
    resize(wanted) {
      ({ maxInFlight, maxWaiting } = resolveBulkhead(wanted));
      fill();
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return waiting.size;
    },
  };
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveBulkhead(
  options: Partial<BulkheadOptions>,
  where = "bulkhead",
): Readonly<Required<BulkheadOptions>> {
  const { maxInFlight, maxWaiting = 0 } = expectBulkhead(options, where);
  if (maxInFlight === undefined) throw badOption(`${where}.maxInFlight`, maxInFlight, "a whole number from 1 up");
  return Object.freeze({ maxInFlight, maxWaiting });
}

/** The call was not sent: too many are under way. */
export function bulkheadFull(target: string, maxInFlight: number): VastifyError {
  const text = `${maxInFlight} calls to ${target} are under way, which is as many as may be at once`;
  return new VastifyError("resource_exhausted", text, { reason: "bulkhead_full", details: { target, maxInFlight } });
}
