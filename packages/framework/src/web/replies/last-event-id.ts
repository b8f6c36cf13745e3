import type { Exchange } from "../exchange.js";

/**
 * A request's query. A browser that connects to a stream of events again says in a header which one it had last; it
 * stands in the query as `lastEventId`, so that an action's input can have it like any other field.
 */
export function queryOf(ctx: Exchange): Record<string, unknown> {
  const lastEventId = ctx.get("last-event-id");
  const query = ctx.querystring === "" ? {} : { ...ctx.query };
  return lastEventId === "" ? query : { ...query, lastEventId };
}
