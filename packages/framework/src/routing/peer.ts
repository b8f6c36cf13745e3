import type { VastifyError } from "../core/index.js";
import type { Instance } from "../discovery/index.js";
import type { Circuit, Ejection } from "../resilience/index.js";
import type { Line } from "../transport/index.js";
import type { Row } from "./rows.js";

export interface PeerOptions {
  readonly instance: Instance;
  readonly ejection: Ejection;
  /** Present when the target's policy asks for circuits. */
  readonly circuit: Circuit | undefined;
  /** When it began to be used, in milliseconds of the clock; -Infinity for one that was there from the start. */
  readonly joinedAt: number;
  /** Where its numbers are kept: `rowWidth` wide. */
  readonly row: Row;
}

/** What stands in the row of an instance. */
const [latency, observedAt, inFlight, joinedAt] = [0, 1, 2, 3] as const;
export const rowWidth = 4;

/**
 * An observation counts for less than half after so long, in milliseconds: long enough to know an instance, short enough
 * to forgive it one stall.
 */
const memoryMs = 3_000;
/** What an instance costs that has been asked and has never answered: more than any that has. */
const unknownLatencyMs = 60_000;

/** What this process has seen of one instance: it lives as long as the instance is known, whatever tables come and go. */
export class Peer {
  // What each choice looks at comes first: of a thousand instances it looks at two others each time.
  private readonly numbers: Float64Array;
  private readonly at: number;
  private isInDoubt = false;
  circuit: Circuit | undefined;
  /** How it is sent calls; undefined when it takes none. */
  line: Line | undefined = undefined;
  /** Tries in all, and how many of them failed by the instance's fault. */
  tries = 0;
  failures = 0;
  instance: Instance;
  private readonly ejection: Ejection;

  constructor(options: PeerOptions) {
    const { values, at } = options.row;
    this.numbers = values;
    this.at = at;
    this.circuit = options.circuit;
    this.instance = options.instance;
    this.ejection = options.ejection;
    values[at + joinedAt] = options.joinedAt;
  }

  get inFlight(): number {
    return this.numbers[this.at + inFlight] as number;
  }

  set inFlight(calls: number) {
    this.numbers[this.at + inFlight] = calls;
  }

  get joinedAt(): number {
    return this.numbers[this.at + joinedAt] as number;
  }

  /** Whether calls should go elsewhere for now. */
  get isOut(): boolean {
    return this.isEjected || this.circuit?.refuses() === true;
  }

  /** Whether it is passed over because calls to it failed. */
  get isEjected(): boolean {
    return this.isInDoubt && this.ejection.isOut();
  }

  /**
   * Peak-EWMA: a slower answer counts at once, a faster one by and by; what is old counts less and less, so that an
   * instance that was slow is tried again (Finagle's "Aperture Load Balancers", peak EWMA).
   */
  latencyAt(now: number): number {
    const { numbers, at } = this;
    return (numbers[at + latency] as number) * shareLeft(now - (numbers[at + observedAt] as number));
  }

  observe(latencyMs: number, now: number): void {
    const { numbers, at } = this;
    const share = shareLeft(now - (numbers[at + observedAt] as number));
    const remembered = (numbers[at + latency] as number) * share;
    numbers[at + latency] = latencyMs > remembered ? latencyMs : remembered + latencyMs * (1 - share);
    numbers[at + observedAt] = now;
  }

  /** What sending one more call here costs, to be compared with its neighbours. */
  costAt(now: number): number {
    const calls = this.inFlight;
    const waitMs = this.latencyAt(now);
    return waitMs === 0 && calls > 0 ? unknownLatencyMs * calls : waitMs * (calls + 1);
  }

  /** A call to it was answered. */
  succeeded(): void {
    this.circuit?.succeeded();
    if (!this.isInDoubt) return;
    this.ejection.succeeded();
    this.isInDoubt = this.ejection.isOut();
  }

  /** A call to it failed: see {@link Ejection.failed}. */
  failed(error: VastifyError, mayEject?: boolean): "ejected" | undefined {
    this.isInDoubt = true;
    return this.ejection.failed(error, mayEject);
  }

  /** For how much longer it is passed over, in milliseconds; 0 when it is not. */
  ejectedForMs(): number {
    return this.ejection.outForMs();
  }

  /** The reason or code of the failure that it is passed over for. */
  get ejectedFor(): string | undefined {
    return this.ejection.reason;
  }
}

/** What is left of an observation after a while: close to `exp(-age / memoryMs)`, for a third of its price. */
function shareLeft(ageMs: number): number {
  const x = ageMs / memoryMs;
  return 1 / (1 + x + (x * x) / 2);
}
