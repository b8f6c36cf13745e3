import type { Instance } from "../discovery/index.js";
import type { Circuit, Ejection } from "../resilience/index.js";

export interface PeerOptions {
  readonly instance: Instance;
  readonly ejection: Ejection;
  /** Present when the target's policy asks for circuits. */
  readonly circuit: Circuit | undefined;
  /** When it began to be used, in milliseconds of the clock; -Infinity for one that was there from the start. */
  readonly joinedAt: number;
}

/**
 * An observation counts for less than half after so long, in milliseconds: long enough to know an instance, short enough
 * to forgive it one stall.
 */
const memoryMs = 3_000;
/** What an instance costs that has been asked and has never answered: more than any that has. */
const unknownLatencyMs = 60_000;

/** What this process has seen of one instance: it lives as long as the instance is known, whatever tables come and go. */
export class Peer {
  instance: Instance;
  inFlight = 0;
  /** Tries in all, and how many of them failed by the instance's fault. */
  tries = 0;
  failures = 0;
  readonly ejection: Ejection;
  circuit: Circuit | undefined;
  readonly joinedAt: number;
  private latency = 0;
  private observedAt = 0;

  constructor({ instance, ejection, circuit, joinedAt }: PeerOptions) {
    this.instance = instance;
    this.ejection = ejection;
    this.circuit = circuit;
    this.joinedAt = joinedAt;
  }

  /** Whether calls should go elsewhere for now. */
  get isOut(): boolean {
    return this.ejection.isOut() || this.circuit?.refuses() === true;
  }

  /**
   * Peak-EWMA: a slower answer counts at once, a faster one by and by; what is old counts less and less, so that an
   * instance that was slow is tried again (Finagle's "Aperture Load Balancers", peak EWMA).
   */
  latencyAt(now: number): number {
    return this.latency * shareLeft(now - this.observedAt);
  }

  observe(latencyMs: number, now: number): void {
    const share = shareLeft(now - this.observedAt);
    const remembered = this.latency * share;
    this.latency = latencyMs > remembered ? latencyMs : remembered + latencyMs * (1 - share);
    this.observedAt = now;
  }

  /** What sending one more call here costs, to be compared with its neighbours. */
  costAt(now: number): number {
    const latency = this.latencyAt(now);
    return latency === 0 && this.inFlight > 0 ? unknownLatencyMs * this.inFlight : latency * (this.inFlight + 1);
  }
}

/** What is left of an observation after a while: close to `exp(-age / memoryMs)`, for a third of its price. */
function shareLeft(ageMs: number): number {
  const x = ageMs / memoryMs;
  return 1 / (1 + x + (x * x) / 2);
}
