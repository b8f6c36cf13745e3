import type { Context } from "koa";
import { type Logger, VastifyError } from "../../core/index.js";
import type { RouteGuard } from "../route-guard.js";
import { readRoutePattern } from "../route-pattern.js";
import type { OfferedRoute } from "../route-versions.js";
import type { RateRule } from "./limit-options.js";
import type { RateLimitStore, Taken } from "./rate-limit-store.js";
import type { SenderOf } from "./sender.js";

export interface RateGuardOptions {
  rules: readonly RateRule[];
  store: RateLimitStore;
  senderOf: SenderOf;
  log: Logger;
}

/** Refuses what goes beyond a rate, and tells everybody how far they are from it. */
export function rateGuard({ rules, store, senderOf, log }: RateGuardOptions): RouteGuard {
  let isStoreAway = false;
  const counted = rules.map((rule) => {
    const name = nameOf(rule);
    return {
      rule,
      isAbout: rule.routes ? anyOf(rule.routes) : () => true,
      keyOf: (ctx: Context, { method, path }: OfferedRoute) =>
        `${name} ${rule.by === "route" ? `route ${method} ${path}` : senderOf(ctx, rule.by)}`,
    };
  });

  /** A store that is away stops nobody: it guards the gateway, and must not be what brings it down. */
  async function take(key: string, rule: RateRule): Promise<Taken | undefined> {
    try {
      const taken = await store.take(key, rule);
      isStoreAway = false;
      return taken;
    } catch (err) {
      if (!isStoreAway) log.warn("requests can't be counted, so no rate is kept for now", { err });
      isStoreAway = true;
      return undefined;
    }
  }

  return async (ctx, route, next) => {
    for (const { rule, isAbout, keyOf } of counted) {
      if (!isAbout(route)) continue;
      const taken = await take(keyOf(ctx, route), rule);
      if (!taken) continue;
      tell(ctx, rule, taken);
      if (!taken.allowed) throw tooFast(ctx, rule, taken);
    }
    await next();
  };
}

function anyOf(routes: readonly string[]): (route: OfferedRoute) => boolean {
  const patterns = routes.map((pattern, index) => readRoutePattern(pattern, `limits.rates.routes[${index}]`));
  return (route) => patterns.some((names) => names(route));
}

/** The same in all gateways that have the rule, since they may count in one place. */
function nameOf({ limit, windowMs, routes = [] }: RateRule): string {
  return `${limit}/${windowMs} ${routes.join(",")}`;
}

/** Of several rates the one that has least left, in the header fields that the IETF's httpapi group drafted first. */
function tell(ctx: Context, { limit }: RateRule, { allowed, remaining, resetMs }: Taken): void {
  const told = ctx.response.get("ratelimit-remaining");
  if (allowed && told && Number(told) <= remaining) return;
  ctx.set({
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": String(seconds(resetMs)),
  });
}

function tooFast(ctx: Context, { by, limit, windowMs }: RateRule, { retryAfterMs }: Taken): VastifyError {
  ctx.set("retry-after", String(Math.max(1, seconds(retryAfterMs))));
  const text = `more than ${limit} requests in ${windowMs} ms, counted by ${by}`;
  return new VastifyError("resource_exhausted", text, { reason: "rate_exceeded", details: { by, limit, windowMs } });
}

/** Never less than it takes. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
