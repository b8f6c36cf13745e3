import { Call, type Deadlines, VastifyError } from "../core/index.js";
import {
  type Bulkhead,
  type BulkheadOptions,
  bulkheadFull,
  createBulkhead,
  createLatencyWindow,
  createRetryPolicy,
  type LatencyWindow,
  type ResolvedActionPolicy,
  type RetryPolicy,
  verdictOn,
} from "../resilience/index.js";
import type { Destination } from "./attempt.js";
import type { Peer } from "./peer.js";
import type { TargetState } from "./target-state.js";

export interface PolicyCallsOptions {
  readonly deadlines: Deadlines;
  /** Sends a call on its way, past the instance that has it already; gives the one it was sent to, if it was sent at once. */
  begin(to: Destination, call: Call, retryIn: RetryPolicy, except?: Peer): Peer | undefined;
}

/** Carries calls by what their policy asks for beyond the usual: own deadline, bulkhead, hedging, fallback. */
export interface PolicyCalls {
  carry(to: Destination, call: Call, policy: ResolvedActionPolicy): void;
}

/** What is kept for a policy as long as it stands. */
interface Kept {
  readonly retryIn: RetryPolicy;
  readonly latencies: LatencyWindow | undefined;
}

/** One policy may be that of many targets, and each of them has its own of everything. */
interface KeptOfTarget {
  readonly policies: WeakMap<ResolvedActionPolicy, Kept>;
  /** By whose they are: actions that take theirs from the target share its bulkhead, and edits keep who is in it. */
  readonly bulkheads: Map<string, { readonly bulkhead: Bulkhead; readonly options: BulkheadOptions }>;
}

// Fewer say nothing of a 95th percentile.
const fewestForQuantile = 20;

export function createPolicyCalls({ deadlines, begin }: PolicyCallsOptions): PolicyCalls {
  const targets = new WeakMap<TargetState, KeptOfTarget>();

  function keptOf(state: TargetState): KeptOfTarget {
    let one = targets.get(state);
    if (!one) {
      one = { policies: new WeakMap(), bulkheads: new Map() };
      targets.set(state, one);
    }
    return one;
  }

  function keptFor(policy: ResolvedActionPolicy, state: TargetState): Kept {
    const kept = keptOf(state).policies;
    let one = kept.get(policy);
    if (!one) {
      one = {
        retryIn: createRetryPolicy({ ...policy.retry, budget: state.budget }),
        latencies: policy.hedge?.afterMs === "p95" ? createLatencyWindow() : undefined,
      };
      kept.set(policy, one);
    }
    return one;
  }

  function bulkheadFor({ bulkhead: options }: ResolvedActionPolicy, state: TargetState): Bulkhead | undefined {
    if (options === undefined) return undefined;
    const { bulkheads } = keptOf(state);
    let one = bulkheads.get(options.of);
    if (one?.options === options) return one.bulkhead;
    const { of, ...width } = options;
    one = { bulkhead: one?.bulkhead ?? createBulkhead(width), options };
    one.bulkhead.resize(width);
    bulkheads.set(of, one);
    return one.bulkhead;
  }

  /** A call of its own for what the policy does; the caller's call gets the outcome and takes this one down with it. */
  function within(call: Call, policy: ResolvedActionPolicy, onOutcome: (inner: Call) => void): Call {
    const timeoutMs = Math.min(policy.timeoutMs ?? Number.POSITIVE_INFINITY, call.remainingMs);
    const idempotent = policy.idempotent || call.idempotent;
    const inner = new Call(call.message, { timeoutMs, parent: call, idempotent }, deadlines);
    inner.onOutcome = onOutcome;
    inner.watch();
    return inner;
  }

  function carry(to: Destination, call: Call, policy: ResolvedActionPolicy): void {
    const { retryIn, latencies } = keptFor(policy, to.state);
    const bulkhead = bulkheadFor(policy, to.state);

    const run = () => {
      const started = performance.now();
      const inner = within(call, policy, (ended) => {
        if (ended.outcome === "done") latencies?.record(performance.now() - started);
        settle(call, ended, policy);
        bulkhead?.leave();
      });
      const isHedged = policy.hedge !== undefined && inner.idempotent && to.state.allPeers().length > 1;
      if (!isHedged || policy.hedge === undefined) begin(to, inner, retryIn);
      else hedge(inner, hedgeAfter(policy.hedge.afterMs, latencies));
    };

    /** Two calls of one kind, the second only when the first takes long: whichever is answered first wins. */
    function hedge(whole: Call, afterMs: number | undefined): void {
      const tries: Call[] = [];
      let timer: NodeJS.Timeout | undefined;
      const ended = (one: Call) => {
        clearTimeout(timer);
        if (whole.outcome !== "open") return;
        if (one.outcome === "failed" && tries.some(({ outcome }) => outcome === "open")) return;
        if (one.outcome === "done") whole.succeed(one.value);
        else whole.fail(one.value);
        for (const other of tries) other.cancel();
      };
      const first = within(whole, policy, ended);
      tries.push(first);
      const peer = begin(to, first, retryIn);
      if (afterMs === undefined || first.outcome !== "open") return;
      timer = setTimeout(() => {
        // What a stream has given can't be given again; and a target in trouble is not asked twice.
        if (whole.outcome !== "open" || !first.repeatable || !to.state.budget.tryRetry()) return;
        const second = within(whole, policy, ended);
        tries.push(second);
        begin(to, second, retryIn, peer);
      }, afterMs);
    }

    if (bulkhead === undefined) {
      run();
      return;
    }
    const entered = bulkhead.enter(run);
    if (entered === "refused") fail(call, bulkheadFull(to.addressee.target, bulkhead.inFlight), policy);
    // One that is given up while it waits must not be run.
    else if (entered === "waiting") call.onAbort = () => bulkhead.drop(run);
  }

  return { carry };
}

/** How long to wait before the second call, if that is known. */
function hedgeAfter(afterMs: number | "p95", latencies: LatencyWindow | undefined): number | undefined {
  if (afterMs !== "p95") return afterMs;
  return latencies && latencies.count >= fewestForQuantile ? latencies.quantile(0.95) : undefined;
}

/** The caller's call gets what came of it, or what stands in for it. */
function settle(call: Call, inner: Call, policy: ResolvedActionPolicy): void {
  if (inner.outcome === "done") call.succeed(inner.value);
  else fail(call, VastifyError.from(inner.value), policy);
}

/** The caller's call gets what stands in for the failed one, or its error. */
function fail(call: Call, error: VastifyError, { fallback }: ResolvedActionPolicy): void {
  // What the caller did wrong stays wrong.
  if (call.outcome !== "open" || fallback === undefined || verdictOn(error) === "cleared") {
    call.fail(error);
    return;
  }
  try {
    const value = fallback(call.message, error);
    if (value instanceof Promise)
      value.then(
        (result) => call.succeed(result),
        (thrown) => call.fail(VastifyError.from(thrown)),
      );
    else call.succeed(value);
  } catch (thrown) {
    call.fail(VastifyError.from(thrown));
  }
}
