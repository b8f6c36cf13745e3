import type { Context } from "koa";
import { expectAllowed } from "./access.js";
import type { RequestState } from "./koa-app.js";
import type { OfferedRoute } from "./route-versions.js";

/**
 * Stands before a route, once it is known and before the body is read: it goes on with `next`, which settles when the
 * request is answered, or throws what the client gets instead.
 */
export type RouteGuard = (ctx: Context, route: OfferedRoute, next: () => Promise<void>) => Promise<void>;

/** Where nobody checks who sends a request: closed is what a contract closes, and nothing else. */
export const contractGuard: RouteGuard = (ctx, route, next) => {
  if (route.access) expectAllowed(route.access, (ctx.state as RequestState).identity);
  return next();
};

const passOn: RouteGuard = (_ctx, _route, next) => next();

/** The first guard is the outermost. */
export function composeGuards(guards: readonly RouteGuard[]): RouteGuard {
  return guards.reduceRight<RouteGuard>(
    (inner, outer) => (ctx, route, next) => outer(ctx, route, () => inner(ctx, route, next)),
    passOn,
  );
}
