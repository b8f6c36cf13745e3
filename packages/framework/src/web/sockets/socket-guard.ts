import { VastifyError } from "../../core/index.js";
import type { SenderOf } from "../limits/sender.js";
import type { GuardStep } from "../route-guard.js";
import type { ResolvedSocketOptions } from "./socket-options.js";
import { upgradeOf } from "./upgrade.js";

/** Bounds how many sockets are open, of all clients together and of each. */
export function socketGuard(
  { max, maxEach }: Pick<ResolvedSocketOptions, "max" | "maxEach">,
  senderOf: SenderOf,
): GuardStep {
  const openOf = new Map<string, number>();
  let open = 0;
  return (ctx, route) => {
    const upgrade = route.socket && upgradeOf(ctx.req);
    if (!upgrade) return undefined;
    if (open >= max)
      throw new VastifyError("unavailable", `the gateway takes no more than ${max} sockets`, { reason: "overloaded" });
    const sender = senderOf(ctx, "consumer");
    const before = openOf.get(sender) ?? 0;
    if (before >= maxEach)
      throw new VastifyError("resource_exhausted", `${maxEach} sockets of yours are open`, {
        reason: "too_many_at_once",
      });
    open += 1;
    openOf.set(sender, before + 1);
    // Also of a request that is refused: its connection is closed then.
    upgrade.connection.once("close", () => {
      open -= 1;
      const left = (openOf.get(sender) ?? 1) - 1;
      if (left > 0) openOf.set(sender, left);
      else openOf.delete(sender);
    });
    return undefined;
  };
}
