import { VastifyError } from "../../core/index.js";
import type { Exchange } from "../exchange.js";
import type { GuardStep } from "../route-guard.js";
import { readRoutePattern } from "../route-pattern.js";
import type { OfferedRoute } from "../route-versions.js";
import type { ForgivingStore } from "./forgiving-store.js";
import type { RateRule } from "./limit-options.js";
import type { Taken } from "./rate-limit-store.js";
import type { SenderOf } from "./sender.js";

export interface RateGuardOptions {
  rules: readonly RateRule[];
  store: ForgivingStore;
  senderOf: SenderOf;
}

/** Refuses what goes beyond a rate, and tells everybody how far they are from it. */
export function rateGuard({ rules, store, senderOf }: RateGuardOptions): GuardStep {
  const counted = rules.map((rule) => {
    const name = nameOf(rule);
    return {
      rule,
      isAbout: rule.routes ? anyOf(rule.routes) : () => true,
      keyOf: (ctx: Exchange, { method, path }: OfferedRoute) =>
        `${name} ${rule.by === "route" ? `route ${method} ${path}` : senderOf(ctx, rule.by)}`,
    };
  });

  function judge(ctx: Exchange, rule: RateRule, taken: Taken): void {
    tell(ctx, rule, taken);
    if (!taken.allowed) throw tooFast(ctx, rule, taken);
  }

  /** At once where the store counts at once. */
  function count(ctx: Exchange, route: OfferedRoute, from = 0): Promise<undefined> | undefined {
    for (const [at, { rule, isAbout, keyOf }] of counted.entries()) {
      if (at < from || !isAbout(route)) continue;
      const taking = store.take(keyOf(ctx, route), rule);
      if (taking instanceof Promise)
        return taking.then((taken) => {
          if (taken) judge(ctx, rule, taken);
          return count(ctx, route, at + 1);
        });
      if (taking) judge(ctx, rule, taking);
    }
    return undefined;
  }

  return (ctx, route) => count(ctx, route);
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
function tell(ctx: Exchange, { limit }: RateRule, { allowed, remaining, resetMs }: Taken): void {
  const told = ctx.response.get("ratelimit-remaining");
  if (allowed && told && Number(told) <= Math.floor(remaining)) return;
  ctx.set({
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(wholeOf(Math.floor(remaining))),
    "ratelimit-reset": String(seconds(resetMs)),
  });
}

function tooFast(ctx: Exchange, { by, limit, windowMs }: RateRule, { retryAfterMs }: Taken): VastifyError {
  ctx.set("retry-after", String(Math.max(1, seconds(retryAfterMs))));
  const text = `more than ${limit} requests in ${windowMs} ms, counted by ${by}`;
  return new VastifyError("resource_exhausted", text, { reason: "rate_exceeded", details: { by, limit, windowMs } });
}

/** Never less than it takes. */
function seconds(ms: number): number {
  return wholeOf(Math.ceil(ms / 1_000));
}

/** Headers hold digits alone, whatever a store answers: a part of a request, or a number that is written with an "e". */
function wholeOf(amount: number): number {
  return Math.min(amount, Number.MAX_SAFE_INTEGER);
}
