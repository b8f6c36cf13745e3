import { fields, milliseconds, share, VastifyError, wholeNumber } from "../core/index.js";
import { createOutcomeWindow } from "./windows/outcome-window.js";

export interface CircuitOptions {
  /** It opens after so many failures in a row. @default 5 */
  failures?: number;
  /** It opens also when this share of the calls within `windowMs` failed, from 0 to 1. @default never */
  errorRate?: number | undefined;
  /** How far back `errorRate` looks, in milliseconds. @default 10_000 */
  windowMs?: number;
  /** `errorRate` means nothing below so many calls. @default 20 */
  minCalls?: number;
  /** How long it is open before one call probes, in milliseconds; doubles while probes fail. @default 10_000 */
  openMs?: number;
  /** It is never open for longer, in milliseconds. @default 60_000 */
  maxOpenMs?: number;
}

type CircuitState =
  | { readonly kind: "closed" }
  | { readonly kind: "open"; readonly until: number; readonly times: number; readonly why: string }
  /** Its probe has until `probeUntil` to come back, else the next call probes; 0 when no probe is out. */
  | { readonly kind: "half_open"; probeUntil: number; readonly times: number };

/**
 * Keeps calls away from an instance that fails, and lets one at a time find out whether it is well again. Each call
 * that was allowed ends with one of `succeeded`, `failed`, `released`; which errors are failures of the instance,
 * `verdictOn` says.
 */
export interface Circuit {
  /** Asks to send one call. In a half-open circuit a yes makes that call the probe. */
  allows(): boolean;
  /** Whether `allows` would say no; asking changes nothing, so it may be asked of instances that are then not chosen. */
  refuses(): boolean;
  /** The call was answered, be it with an error of its caller's making. */
  succeeded(): void;
  /** The instance failed the call. */
  failed(): void;
  /** The call ended without telling anything of the instance: its caller gave up. */
  released(): void;
  readonly state: CircuitState["kind"];
  /** For people: what it is and why. */
  describe(): string;
}

export const expectCircuit = fields<CircuitOptions>({
  failures: wholeNumber(1),
  errorRate: share,
  windowMs: milliseconds(1),
  minCalls: wholeNumber(1),
  openMs: milliseconds(1),
  maxOpenMs: milliseconds(1),
});

const closed: CircuitState = { kind: "closed" };

/**
 * @param now a monotonic clock, in milliseconds
 * @param random jitters how long it stays open, so that many callers don't probe together
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function createCircuit(
  options: CircuitOptions = {},
  now = () => performance.now(),
  random: () => number = Math.random,
): Circuit {
  const { failures = 5, errorRate, windowMs, minCalls, openMs, maxOpenMs } = resolveCircuit(options);
  const lately = errorRate === undefined ? undefined : createOutcomeWindow({ windowMs, now });
  let state: CircuitState = closed;
  let failuresInRow = 0;

  function open(times: number, why: string): void {
    // The first time is as long as was said; jitter begins with the first probe that fails.
    const longest = Math.min(maxOpenMs, openMs * 2 ** (times - 1));
    const ms = times === 1 ? longest : longest * (0.5 + random() / 2);
    state = { kind: "open", until: now() + ms, times, why };
  }

  function close(): void {
    state = closed;
    failuresInRow = 0;
    lately?.clear();
  }

  /** Why a closed circuit must open now. */
  function tooMuch(): string | undefined {
    if (failuresInRow >= failures) return `${failuresInRow} failures in a row`;
    if (lately === undefined || errorRate === undefined) return undefined;
    const { calls, errors } = lately;
    return calls >= minCalls && errors >= errorRate * calls ? `${errors} of ${calls} calls failed` : undefined;
  }

  function refuses(): boolean {
    switch (state.kind) {
      case "closed":
        return false;
      case "open":
        return now() < state.until;
      case "half_open":
        return now() < state.probeUntil;
    }
  }

  return {
    refuses,
    allows() {
      if (refuses()) return false;
      if (state.kind !== "closed") state = { kind: "half_open", probeUntil: now() + openMs, times: state.times };
      return true;
    },
    succeeded() {
      if (state.kind === "closed") {
        failuresInRow = 0;
        lately?.record(false);
      } else if (hasProbe(state)) close();
    },
    failed() {
      if (state.kind === "closed") {
        failuresInRow += 1;
        lately?.record(true);
        const why = tooMuch();
        if (why !== undefined) open(1, why);
      } else if (hasProbe(state)) open(state.times + 1, "its probe failed");
    },
    released() {
      if (state.kind === "half_open") state.probeUntil = 0;
    },
    get state() {
      return state.kind;
    },
    describe() {
      switch (state.kind) {
        case "closed":
          return failuresInRow === 0 ? "closed" : `closed, after ${failuresInRow} failures in a row`;
        case "open":
          return `open for another ${Math.max(0, Math.ceil(state.until - now()))} ms: ${state.why}`;
        case "half_open":
          return refuses() ? "half-open: its probe is out" : "half-open: the next call probes";
      }
    },
  };
}

/** What ends while no probe is out was sent before the circuit opened: it is old news. */
function hasProbe(state: CircuitState): state is CircuitState & { kind: "half_open" } {
  return state.kind === "half_open" && state.probeUntil !== 0;
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveCircuit(options: CircuitOptions, where = "circuit"): Required<CircuitOptions> {
  const { errorRate, ...rest } = expectCircuit(options, where);
  const usual = { failures: 5, windowMs: 10_000, minCalls: 20, openMs: 10_000, maxOpenMs: 60_000 };
  return Object.freeze({ ...usual, ...rest, errorRate });
}

/** No instance that could take the call may be asked now. */
export function circuitOpen(target: string): VastifyError {
  return new VastifyError("unavailable", `the circuit of every instance of ${target} that would do is open`, {
    reason: "circuit_open",
    details: { target },
  });
}
