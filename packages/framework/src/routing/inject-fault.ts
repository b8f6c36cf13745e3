import type { Call } from "../core/index.js";
import { type Chaos, faultFor } from "../resilience/index.js";

/**
 * Does to a call what an operator asked for in `vastify/chaos/`: makes it late, fails it, or loses it.
 * @param carry sends the call as if nothing had been injected
 */
export function injectFault(chaos: Chaos, call: Call, random: () => number, carry: () => void): void {
  const fault = faultFor(chaos, call.message, { random });
  if (fault === undefined) {
    carry();
    return;
  }
  // A lost call has no answer: its deadline says so.
  if (fault.kind === "drop") return;
  const goOn = () => {
    if (fault.kind === "fail") call.fail(fault.error);
    else if (call.outcome === "open") carry();
  };
  if (fault.delayMs > 0) setTimeout(goOn, fault.delayMs);
  else goOn();
}
