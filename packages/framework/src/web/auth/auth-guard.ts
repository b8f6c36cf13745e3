import type { Context } from "koa";
import { type Identity, VastifyError } from "../../core/index.js";
import { expectAllowed, notLoggedIn } from "../access.js";
import type { RouteGuard } from "../route-guard.js";
import type { OfferedRoute } from "../route-versions.js";
import { varyBy } from "../vary-by.js";
import type { Credentials } from "./credentials.js";

export interface AuthGuardOptions {
  credentials: readonly Credentials[];
  isOpen(route: OfferedRoute): boolean;
}

/**
 * Closed unless a route is open: who sends a request must say who it is, and be what the route wants. On open routes
 * credentials that don't count are as none, so that an expired cookie keeps nobody from logging in again.
 */
export function authGuard({ credentials, isOpen }: AuthGuardOptions): RouteGuard {
  const challenges = credentials.map(({ challenge }) => challenge);

  async function identify(ctx: Context): Promise<Identity | undefined> {
    for (const { identify } of credentials) {
      const identity = await identify(ctx);
      if (identity) return identity;
    }
    return undefined;
  }

  /** A request that asks for several actions is looked at once. */
  function identifyOnce(ctx: Context): Promise<Identity | undefined> {
    const state = ctx.state as { identifying?: Promise<Identity | undefined> };
    state.identifying ??= identify(ctx);
    return state.identifying;
  }

  async function expectIdentity(ctx: Context, { access }: OfferedRoute): Promise<Identity> {
    try {
      const identity = await identifyOnce(ctx);
      if (!identity) throw notLoggedIn();
      if (access) expectAllowed(access, identity);
      return identity;
    } catch (thrown) {
      if (VastifyError.from(thrown).code === "unauthenticated") ctx.set("www-authenticate", challenges);
      throw thrown;
    }
  }

  return async (ctx, route, next) => {
    // Answers may differ by who asks, so caches in between keep them apart.
    varyBy(ctx, "authorization", "x-api-key", "cookie");
    ctx.state.identity = isOpen(route)
      ? await identifyOnce(ctx).catch(() => undefined)
      : await expectIdentity(ctx, route);
    await next();
    for (const { review } of credentials) review?.(ctx);
  };
}
