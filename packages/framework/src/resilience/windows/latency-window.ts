import { createSlidingCounts } from "./sliding-counts.js";

export interface LatencyWindowOptions {
  /** How far back durations are kept, in milliseconds. @default 10_000 */
  windowMs?: number;
  /** A monotonic clock, in milliseconds. @default performance.now */
  now?: () => number;
}

/** How long calls took lately. Recording is a few assignments and does not allocate. */
export interface LatencyWindow {
  record(ms: number): void;
  /**
   * The duration, in milliseconds, that the share `q` of the calls did not exceed, at most 5 % off; undefined when
   * there were none.
   * @param q from 0 to 1, such as 0.95
   */
  quantile(q: number): number | undefined;
  /** How many durations the window holds. */
  readonly count: number;
}

// Each bucket reaches 1.1 times as far as the one before; its geometric middle is within 4.9 % of all that is in it.
const growth = 1.1;
const perBucket = 1 / Math.log(growth);
// From here to about 14 minutes; what is shorter or longer counts as that.
const shortestMs = 0.01;
const buckets = 192;

export function createLatencyWindow(options: LatencyWindowOptions = {}): LatencyWindow {
  const { windowMs = 10_000, now = () => performance.now() } = options;
  const lately = createSlidingCounts({ kinds: buckets, windowMs, slots: 4, now });

  function total(): number {
    const counts = lately.counts();
    let sum = 0;
    for (let bucket = 0; bucket < buckets; bucket++) sum += counts[bucket] ?? 0;
    return sum;
  }

  return {
    record(ms) {
      lately.add(bucketOf(ms));
    },
    quantile(q) {
      const count = total();
      if (count === 0) return undefined;
      let rank = Math.max(1, Math.ceil(q * count));
      const counts = lately.counts();
      let bucket = 0;
      for (; bucket < buckets - 1; bucket++) {
        rank -= counts[bucket] ?? 0;
        if (rank <= 0) break;
      }
      return middleOf(bucket);
    },
    get count() {
      return total();
    },
  };
}

function bucketOf(ms: number): number {
  // Written so that NaN goes here too.
  if (!(ms > shortestMs)) return 0;
  return Math.min(buckets - 1, Math.floor(Math.log(ms / shortestMs) * perBucket));
}

function middleOf(bucket: number): number {
  return shortestMs * growth ** (bucket + 0.5);
}
