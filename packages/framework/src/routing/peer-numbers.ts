const [latency, observedAt, inFlight, joinedAt] = [0, 1, 2, 3] as const;
const rowWidth = 4;

/**
 * An observation counts for less than half after so long, in milliseconds: long enough to know an instance, short enough
 * to forgive it one stall.
 */
const memoryMs = 3_000;
/** What an instance costs that has been asked and has never answered: more than any that has. */
const unknownLatencyMs = 60_000;

/**
 * What is counted of instances, in a row for each, side by side: a number that changes is an object of its own otherwise,
 * and of a thousand instances each choice looks at two others, waiting for memory at every object on the way.
 */
export class PeerNumbers {
  private readonly values: Float64Array;

  /** @param rows of zeros */
  constructor(rows: number) {
    this.values = new Float64Array(rows * rowWidth);
  }

  /** Takes over what another's row holds. */
  copy(row: number, from: PeerNumbers, fromRow: number): void {
    const at = fromRow * rowWidth;
    this.values.set(from.values.subarray(at, at + rowWidth), row * rowWidth);
  }

  /** @param ms when the instance began to be used, in milliseconds of the clock */
  join(row: number, ms: number): void {
    this.values[row * rowWidth + joinedAt] = ms;
  }

  /** Calls under way. */
  inFlight(row: number): number {
    return this.values[row * rowWidth + inFlight] as number;
  }

  setInFlight(row: number, calls: number): void {
    this.values[row * rowWidth + inFlight] = calls;
  }

  /**
   * Peak-EWMA: a slower answer counts at once, a faster one by and by; what is old counts less and less, so that an
   * instance that was slow is tried again (Finagle's "Aperture Load Balancers", peak EWMA).
   */
  latencyAt(row: number, now: number): number {
    const { values } = this;
    const at = row * rowWidth;
    return (values[at + latency] as number) * shareLeft(now - (values[at + observedAt] as number));
  }

  observe(row: number, latencyMs: number, now: number): void {
    const { values } = this;
    const at = row * rowWidth;
    const share = shareLeft(now - (values[at + observedAt] as number));
    const remembered = (values[at + latency] as number) * share;
    values[at + latency] = latencyMs > remembered ? latencyMs : remembered + latencyMs * (1 - share);
    values[at + observedAt] = now;
  }

  /** What sending one more call costs, to be compared with others. */
  costAt(row: number, now: number): number {
    const calls = this.inFlight(row);
    const waitMs = this.latencyAt(row, now);
    return waitMs === 0 && calls > 0 ? unknownLatencyMs * calls : waitMs * (calls + 1);
  }

  /** Which part of an equal share of calls an instance should get: a new one is cold, and grows from a tenth to the whole. */
  shareAt(row: number, now: number, slowStartMs: number): number {
    const age = now - (this.values[row * rowWidth + joinedAt] as number);
    return age >= slowStartMs ? 1 : Math.max(0.1, age / slowStartMs);
  }
}

/** What is left of an observation after a while: close to `exp(-age / memoryMs)`, for a third of its price. */
function shareLeft(ageMs: number): number {
  const x = ageMs / memoryMs;
  return 1 / (1 + x + (x * x) / 2);
}
