import { createSlidingCounts } from "./sliding-counts.js";

export interface OutcomeWindowOptions {
  /** How far back outcomes are counted, in milliseconds. @default 10_000 */
  windowMs?: number;
  /** A monotonic clock, in milliseconds. @default performance.now */
  now?: () => number;
}

/** How many calls ended lately, and how many of them badly. Recording does not allocate. */
export interface OutcomeWindow {
  record(hasFailed: boolean): void;
  readonly calls: number;
  readonly errors: number;
  /** The share of errors among the calls, 0 when there were none. */
  readonly errorRate: number;
  clear(): void;
}

const good = 0;
const bad = 1;

export function createOutcomeWindow(options: OutcomeWindowOptions = {}): OutcomeWindow {
  const { windowMs = 10_000, now = () => performance.now() } = options;
  const lately = createSlidingCounts({ kinds: 2, windowMs, slots: 10, now });
  return {
    record(hasFailed) {
      lately.add(hasFailed ? bad : good);
    },
    get calls() {
      return lately.count(good) + lately.count(bad);
    },
    get errors() {
      return lately.count(bad);
    },
    get errorRate() {
      const errors = lately.count(bad);
      return errors === 0 ? 0 : errors / (errors + lately.count(good));
    },
    clear: lately.clear,
  };
}
