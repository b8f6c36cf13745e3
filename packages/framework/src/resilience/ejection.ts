import { fields, milliseconds, type VastifyError, wholeNumber } from "../core/index.js";
import { verdictOn } from "./blame.js";

export interface EjectionOptions {
  /** After so many failures in a row. @default 5 */
  consecutive?: number;
  /** For how long, in milliseconds; so much more each time in a row. @default 10_000 */
  baseMs?: number;
  /** Never for longer, in milliseconds. @default 60_000 */
  maxMs?: number;
}

/**
 * Says whether an instance is passed over for a while because calls to it failed. One that can't be reached or is
 * leaving is out after the first failure, for `baseMs`: the next calls would fail too, and it may be back at once. One
 * that answers badly is out after `consecutive` failures, longer each time it comes back no better.
 */
export interface Ejection {
  /** Whether to pass it over now. While nothing is wrong this does not even look at the clock. */
  isOut(): boolean;
  /**
   * A call to it failed; the error may just as well clear it.
   * @param mayEject whether it may go out for answering badly: false when too many of its kind are out already. One
   *   that can't be reached goes out anyway.
   * @returns `ejected` when it is out because of this failure, so that it can be logged once
   */
  failed(error: VastifyError, mayEject?: boolean): "ejected" | undefined;
  /** A call to it was answered. While it is out this changes nothing: an instance that leaves still finishes its calls. */
  succeeded(): void;
  /** For how much longer it is passed over, in milliseconds; 0 when it is not. */
  outForMs(): number;
  /** The reason or code of the failure it is out for; undefined when it is not. */
  readonly reason: string | undefined;
}

const expectEjection = fields<EjectionOptions>({
  consecutive: wholeNumber(1),
  baseMs: milliseconds(1),
  maxMs: milliseconds(1),
});

const outAtOnce: ReadonlySet<string | undefined> = new Set(["peer_unreachable", "peer_lost", "draining"]);

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function createEjection(options: EjectionOptions = {}, now = () => performance.now()): Ejection {
  const { consecutive = 5, baseMs = 10_000, maxMs = 60_000 } = expectEjection(options, "ejection");
  return new EjectionRecord({ consecutive, baseMs, maxMs }, now);
}

/** One object rather than closures: of a thousand instances each call looks at two others, and each object is a cache miss. */
class EjectionRecord implements Ejection {
  // 0 while it is not out, so that the usual case is one comparison.
  private outUntil = 0;
  private failuresInRow = 0;
  private timesInRow = 0;
  private lastReason: string | undefined = undefined;
  private readonly options: Required<EjectionOptions>;
  private readonly now: () => number;

  constructor(options: Required<EjectionOptions>, now: () => number) {
    this.options = options;
    this.now = now;
  }

  isOut(): boolean {
    if (this.outUntil === 0) return false;
    if (this.now() < this.outUntil) return true;
    this.outUntil = 0;
    return false;
  }

  succeeded(): void {
    if (this.isOut()) return;
    this.failuresInRow = 0;
    this.timesInRow = 0;
  }

  failed(error: VastifyError, mayEject = true): "ejected" | undefined {
    const { consecutive, baseMs, maxMs } = this.options;
    const verdict = verdictOn(error);
    if (verdict === "cleared") this.succeeded();
    // Calls that were in flight when it went out tell nothing new.
    if (verdict !== "blamed" || this.isOut()) return undefined;
    if (outAtOnce.has(error.reason)) return this.eject(error, baseMs);
    this.failuresInRow += 1;
    if (this.failuresInRow < consecutive || !mayEject) return undefined;
    this.timesInRow += 1;
    return this.eject(error, Math.min(maxMs, baseMs * this.timesInRow));
  }

  outForMs(): number {
    return this.isOut() ? this.outUntil - this.now() : 0;
  }

  get reason(): string | undefined {
    return this.isOut() ? this.lastReason : undefined;
  }

  private eject({ reason, code }: VastifyError, ms: number): "ejected" {
    this.outUntil = this.now() + ms;
    this.failuresInRow = 0;
    this.lastReason = reason ?? code;
    return "ejected";
  }
}
