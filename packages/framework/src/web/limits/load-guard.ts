import { VastifyError } from "../../core/index.js";
import type { GuardStep } from "../route-guard.js";
import type { OfferedRoute } from "../route-versions.js";

export interface LoadGuardOptions {
  /** How many requests of each kind, to open routes and to closed ones, may be under way at once. */
  maxInFlight: number;
  /** How late this process may be, in milliseconds. */
  maxLagMs: number;
  isOpen(route: OfferedRoute): boolean;
  /** How late this process is, in milliseconds. */
  lagMs(): number;
}

/** Refuses what would only make everything slower, while it costs next to nothing to refuse. */
export function loadGuard({ maxInFlight, maxLagMs, isOpen, lagMs }: LoadGuardOptions): GuardStep {
  const inFlight = { open: 0, closed: 0 };
  const leave = {
    open() {
      inFlight.open -= 1;
    },
    closed() {
      inFlight.closed -= 1;
    },
  };
  return (_ctx, route) => {
    const kind = isOpen(route) ? "open" : "closed";
    if (inFlight[kind] >= maxInFlight) throw overloaded(`${maxInFlight} requests are under way`);
    // Logging in, and whatever else is for everybody, goes on for longer.
    if (lagMs() > (kind === "open" ? 2 * maxLagMs : maxLagMs)) throw overloaded("it is late with what it does");
    inFlight[kind] += 1;
    return leave[kind];
  };
}

function overloaded(why: string): VastifyError {
  return new VastifyError("unavailable", `the gateway takes no more for now: ${why}`, { reason: "overloaded" });
}
