import { VastifyError } from "../../core/index.js";
import type { GuardStep } from "../route-guard.js";
import type { SenderOf } from "./sender.js";

/** Bounds how many requests of one consumer are under way at once, so that a slow action does not go to one alone. */
export function shareGuard(maxInFlightEach: number, senderOf: SenderOf): GuardStep {
  const inFlight = new Map<string, number>();
  return (ctx) => {
    const sender = senderOf(ctx, "consumer");
    const before = inFlight.get(sender) ?? 0;
    if (before >= maxInFlightEach)
      throw new VastifyError("resource_exhausted", `${maxInFlightEach} requests of yours are under way`, {
        reason: "too_many_at_once",
      });
    inFlight.set(sender, before + 1);
    return () => {
      const left = (inFlight.get(sender) ?? 1) - 1;
      if (left > 0) inFlight.set(sender, left);
      else inFlight.delete(sender);
    };
  };
}
