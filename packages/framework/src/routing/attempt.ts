import { type Addressee, type Call, httpStatusOfError, VastifyError } from "../core/index.js";
import { type RetryPolicy, verdictOn } from "../resilience/index.js";
import type { Outgoing } from "../transport/index.js";
import type { Peer } from "./peer.js";
import type { TargetState } from "./target-state.js";

/** Who is told what came of a try. */
export interface AttemptListener {
  /** Reads the clock, in milliseconds. */
  tick(): number;
  /** The instance is passed over from now on. */
  ejected(attempt: Attempt, error: VastifyError): void;
  /** An answer, good or bad, that took so long; `failed` when the instance's side broke. */
  measured(attempt: Attempt, latencyMs: number, failed: boolean): void;
  /** Whether the call is tried again is the listener's to say. */
  failed(attempt: Attempt, error: VastifyError): void;
}

/** A caller that waits less long says nothing of an instance that did not answer it, in milliseconds. */
const leastPatienceMs = 50;
/** What a failed try counts as, at least, when instances are compared, in milliseconds. */
const costOfFailureMs = 100;

/** Where a call is to go. */
export interface Destination {
  readonly state: TargetState;
  readonly addressee: Addressee;
}

/** One try of a call at one instance: it tells the instance's record, and then the call, what came of it. */
export class Attempt implements Outgoing {
  readonly to: Destination;
  readonly call: Call;
  readonly peer: Peer;
  /** Counted from 1. */
  readonly number: number;
  readonly retryIn: RetryPolicy;
  private readonly startedAt: number;
  private readonly listener: AttemptListener;

  constructor(
    listener: AttemptListener,
    to: Destination,
    call: Call,
    peer: Peer,
    number: number,
    retryIn: RetryPolicy,
    now: number,
  ) {
    this.listener = listener;
    this.to = to;
    this.call = call;
    this.peer = peer;
    this.number = number;
    this.retryIn = retryIn;
    this.startedAt = now;
    peer.inFlight += 1;
    peer.tries += 1;
  }

  answered(result: unknown): void {
    const { peer, listener } = this;
    const now = listener.tick();
    const tookMs = now - this.startedAt;
    peer.inFlight -= 1;
    peer.observe(tookMs, now);
    listener.measured(this, tookMs, false);
    peer.succeeded();
    this.call.succeed(result);
  }

  failed(error: VastifyError): void {
    this.judge(error);
    this.listener.failed(this, error);
  }

  abandoned(): void {
    const { value } = this.call;
    this.judge(VastifyError.is(value) ? value : undefined);
  }

  /** What a failure says of the instance. */
  private judge(error: VastifyError | undefined): void {
    const { peer, to, listener } = this;
    const now = listener.tick();
    const tookMs = now - this.startedAt;
    peer.inFlight -= 1;
    const isImpatient = error?.code === "deadline_exceeded" && tookMs < leastPatienceMs;
    const verdict = error === undefined || isImpatient ? "unknown" : verdictOn(error);
    if (error === undefined || verdict === "unknown") {
      // Whoever gave up has waited so long at least: an instance that nobody waits for must not look fast.
      if (tookMs > peer.latencyAt(now)) peer.observe(tookMs, now);
      peer.circuit?.released();
      return;
    }
    // A failure that comes at once must not make its instance look fast either.
    peer.observe(verdict === "cleared" ? tookMs : Math.max(tookMs, costOfFailureMs), now);
    listener.measured(this, tookMs, isBroken(error));
    if (verdict === "blamed") {
      peer.failures += 1;
      peer.circuit?.failed();
    } else peer.circuit?.succeeded();
    if (peer.failed(error, to.state.mayEject())) this.listener.ejected(this, error);
  }
}

/** Whether a failure speaks against the version that answered it, rather than against what the caller asked. */
function isBroken(error: VastifyError): boolean {
  return httpStatusOfError(error) >= 500 || error.reason === "peer_no_pattern";
}
