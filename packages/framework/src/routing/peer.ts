import type { VastifyError } from "../core/index.js";
import type { Instance } from "../discovery/index.js";
import type { Circuit, Ejection } from "../resilience/index.js";
import type { Line } from "../transport/index.js";
import { PeerNumbers } from "./peer-numbers.js";

export interface PeerOptions {
  readonly instance: Instance;
  readonly ejection: Ejection;
  /** Present when the target's policy asks for circuits. */
  readonly circuit: Circuit | undefined;
  /** When it began to be used, in milliseconds of the clock; -Infinity for one that was there from the start. */
  readonly joinedAt: number;
}

/** What this process has seen of one instance: it lives as long as the instance is known, whatever tables come and go. */
export class Peer {
  // What each call looks at comes first.
  private numbers = new PeerNumbers(1);
  private row = 0;
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
    this.circuit = options.circuit;
    this.instance = options.instance;
    this.ejection = options.ejection;
    this.numbers.join(this.row, options.joinedAt);
  }

  /** Lays the numbers of instances side by side, in this order. */
  static layOut(peers: readonly Peer[]): void {
    const numbers = new PeerNumbers(peers.length);
    for (const [row, peer] of peers.entries()) {
      numbers.copy(row, peer.numbers, peer.row);
      peer.numbers = numbers;
      peer.row = row;
    }
  }

  /**
   * Where the numbers of these instances are, until they are laid out anew.
   * @throws Error when they were not laid out together
   */
  static numbersOf(peers: readonly Peer[]): { numbers: PeerNumbers; rows: Int32Array } {
    const numbers = peers[0]?.numbers ?? new PeerNumbers(0);
    if (peers.some((peer) => peer.numbers !== numbers)) throw new Error("these instances were not laid out together");
    return { numbers, rows: Int32Array.from(peers, ({ row }) => row) };
  }

  get inFlight(): number {
    return this.numbers.inFlight(this.row);
  }

  set inFlight(calls: number) {
    this.numbers.setInFlight(this.row, calls);
  }

  /** See {@link PeerNumbers.shareAt}. */
  shareAt(now: number, slowStartMs: number): number {
    return this.numbers.shareAt(this.row, now, slowStartMs);
  }

  /** Whether calls should go elsewhere for now. */
  get isOut(): boolean {
    return this.isEjected || this.circuit?.refuses() === true;
  }

  /** Whether it is passed over because calls to it failed. */
  get isEjected(): boolean {
    return this.isInDoubt && this.ejection.isOut();
  }

  latencyAt(now: number): number {
    return this.numbers.latencyAt(this.row, now);
  }

  observe(latencyMs: number, now: number): void {
    this.numbers.observe(this.row, latencyMs, now);
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
