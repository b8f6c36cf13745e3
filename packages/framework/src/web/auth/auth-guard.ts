import { type Identity, VastifyError } from "../../core/index.js";
import { expectAllowed, notLoggedIn } from "../access.js";
import type { Exchange } from "../exchange.js";
import type { GuardStep, Leave } from "../route-guard.js";
import type { OfferedRoute } from "../route-versions.js";
import { varyBy } from "../vary-by.js";
import type { Credentials } from "./credentials.js";

export interface AuthGuardOptions {
  credentials: readonly Credentials[];
  isOpen(route: OfferedRoute): boolean;
}

const varyByCredentials = varyBy("authorization", "x-api-key", "cookie");

/**
 * Closed unless a route is open: who sends a request must say who it is, and be what the route wants. On open routes
 * credentials that don't count are as none, so that an expired cookie keeps nobody from logging in again.
 */
export function authGuard({ credentials, isOpen }: AuthGuardOptions): GuardStep {
  const challenges = credentials.map(({ challenge }) => challenge);

  async function identify(ctx: Exchange): Promise<Identity | undefined> {
    for (const { identify } of credentials) {
      const identity = await identify(ctx);
      if (identity) return identity;
    }
    return undefined;
  }

  /** A request that asks for several actions is looked at once. */
  function identifyOnce(ctx: Exchange): Promise<Identity | undefined> {
    const state = ctx.state as { identifying?: Promise<Identity | undefined> };
    state.identifying ??= identify(ctx);
    return state.identifying;
  }

  async function expectIdentity(ctx: Exchange, { access }: OfferedRoute): Promise<Identity> {
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

  const reviews = credentials.flatMap(({ review }) => review ?? []);

  return async (ctx, route): Promise<Leave | undefined> => {
    // Answers may differ by who asks, so caches in between keep them apart.
    varyByCredentials(ctx);
    ctx.state.identity = isOpen(route)
      ? await identifyOnce(ctx).catch(() => undefined)
      : await expectIdentity(ctx, route);
    if (reviews.length === 0) return undefined;
    return () => {
      for (const review of reviews) review(ctx);
    };
  };
}
