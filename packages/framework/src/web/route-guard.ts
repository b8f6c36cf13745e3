import { expectAllowed } from "./access.js";
import type { Exchange } from "./exchange.js";
import type { RequestState } from "./request-life.js";
import type { OfferedRoute } from "./route-versions.js";

/**
 * Stands before a route, once it is known and before the body is read: it goes on with `next`, which settles when the
 * answer is known, or throws what the client gets instead.
 */
export type RouteGuard = (ctx: Exchange, route: OfferedRoute, next: () => Promise<void>) => Promise<void>;

/** What is done for a request that was let in, once its answer is known. */
export type Leave = () => void;

/** Lets a request pass, or throws what its client gets instead. */
export type GuardStep = (ctx: Exchange, route: OfferedRoute) => Promise<Leave | undefined> | Leave | undefined;

/** Where nobody checks who sends a request: closed is what a contract closes, and nothing else. */
export const contractGuard: GuardStep = (ctx, { access }) => {
  if (access) expectAllowed(access, (ctx.state as RequestState).identity);
  return undefined;
};

/** @param steps the outermost first */
export function composeGuards(steps: readonly GuardStep[]): RouteGuard {
  return (ctx, route, next) => {
    let at = 0;
    try {
      for (const step of steps) {
        at += 1;
        const passing = step(ctx, route);
        // Most steps neither wait nor have anything to do in the end.
        if (passing) return passFrom(ctx, route, passing, steps.slice(at), next);
      }
      return next();
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

async function passFrom(
  ctx: Exchange,
  route: OfferedRoute,
  passing: Promise<Leave | undefined> | Leave,
  steps: readonly GuardStep[],
  next: () => Promise<void>,
): Promise<void> {
  const leaving: Leave[] = [];
  const note = (leave: Leave | undefined): void => {
    if (leave) leaving.push(leave);
  };
  try {
    note(passing instanceof Promise ? await passing : passing);
    for (const step of steps) {
      const passed = step(ctx, route);
      note(passed instanceof Promise ? await passed : passed);
    }
    await next();
  } finally {
    for (const leave of leaving.reverse()) leave();
  }
}
