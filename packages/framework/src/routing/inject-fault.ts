import type { Fault } from "../resilience/index.js";
import type { Outgoing } from "../transport/index.js";

/**
 * Does to one try what an operator asked for in `vastify/chaos/`: makes it late, fails it, or loses it.
 * @param send sends it as if nothing had been injected
 */
export function injectFault(fault: Fault, outgoing: Outgoing, send: () => void): void {
  const { call } = outgoing;
  let timer: NodeJS.Timeout | undefined;
  call.onAbort = () => {
    clearTimeout(timer);
    outgoing.abandoned();
  };
  // A lost call has no answer: its deadline says so.
  if (fault.kind === "drop") return;
  const goOn = () => {
    call.onAbort = undefined;
    if (fault.kind === "fail") outgoing.failed(fault.error);
    else send();
  };
  if (fault.delayMs > 0) timer = setTimeout(goOn, fault.delayMs);
  else goOn();
}
