import type { Exchange } from "../exchange.js";
import type { RequestState } from "../request-life.js";
import { type ClientAddress, clientNetwork } from "./client-address.js";
import type { CountedBy } from "./limit-options.js";

/** Names whose requests are counted together with this one. */
export type SenderOf = (ctx: Exchange, by: Exclude<CountedBy, "route">) => string;

/** Who shows no credentials is told by the address, or else it would be free of all limits. */
export function createSenderOf(addressOf: ClientAddress): SenderOf {
  return (ctx, by) => {
    const { identity } = ctx.state as RequestState;
    if (by === "ip" || !identity) return `ip ${clientNetwork(addressOf(ctx.req))}`;
    // A token's names are not those of consumers, whatever they are.
    return `${by} ${identity.kind} ${by === "key" ? identity.subject : identity.consumer}`;
  };
}
