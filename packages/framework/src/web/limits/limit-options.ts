import { badOption, type Check, fields, list, milliseconds, text, wholeNumber } from "../../core/index.js";
import type { RateLimitStore } from "./rate-limit-store.js";

/** Whose requests are counted together. */
export type CountedBy = "consumer" | "key" | "ip" | "route";

/** So many requests in so much time. */
export interface RateRule {
  /**
   * Whose requests are counted together: a consumer's, those made with one API key or by one subject of tokens, those
   * from one address (of IPv6, one /64 network), or all to one route. Requests of unknown senders count by their address.
   */
  readonly by: CountedBy;
  /** How many, of which all may come at once. */
  readonly limit: number;
  /** In how much time, in milliseconds. */
  readonly windowMs: number;
  /** The routes that it is about, such as `POST /user/login`: method and path as services publish it. @default all, counted together */
  readonly routes?: readonly string[];
}

/** How much the gateway takes before it refuses. */
export interface LimitOptions {
  /** Rates that requests must keep, each of them. @default [] */
  rates?: readonly RateRule[];
  /** Where they are counted. @default in this process alone */
  store?: RateLimitStore;
  /**
   * How long the store may take for an answer before it counts as away, in milliseconds; requests pass uncounted then.
   * Longer than what the store itself allows (200 of `redisRates`), so that it can say why. @default 500
   */
  storeTimeoutMs?: number;
  /** How many requests of one consumer (of an unknown one: from one address) may be under way at once. @default no bound */
  maxInFlightEach?: number;
  /**
   * How many requests may be under way at once; those to open routes and the others are counted apart, so that neither
   * kind starves the other. @default 1_000
   */
  maxInFlight?: number;
  /**
   * How late this process may be with what it does, in milliseconds, before it refuses requests: first those to closed
   * routes, at twice as much those to open ones. `/health` is always answered. @default 500
   */
  maxLagMs?: number;
}

export interface ResolvedLimitOptions {
  readonly rates: readonly RateRule[];
  readonly store: RateLimitStore | undefined;
  readonly storeTimeoutMs: number;
  readonly maxInFlightEach: number;
  readonly maxInFlight: number;
  readonly maxLagMs: number;
}

const kinds: readonly unknown[] = ["consumer", "key", "ip", "route"] satisfies CountedBy[];

const countedBy: Check<CountedBy> = (value, where) => {
  if (kinds.includes(value)) return value as CountedBy;
  throw badOption(where, value, `one of ${kinds.join(", ")}`);
};

const store: Check<RateLimitStore> = (value, where) => {
  if (typeof (value as Partial<RateLimitStore> | null)?.take === "function") return value as RateLimitStore;
  throw badOption(where, value, "a store: take(key, rate)");
};

const someFields = fields<RateRule>({
  by: countedBy,
  limit: wholeNumber(1),
  windowMs: milliseconds(1),
  routes: list(text),
});

const rateRule: Check<RateRule> = (value, where) => {
  const { by, limit, windowMs, routes } = someFields(value, where);
  if (by === undefined || limit === undefined || windowMs === undefined)
    throw badOption(where, "less", "by, limit and windowMs");
  return { by, limit, windowMs, ...(routes && { routes }) };
};

const known = fields<LimitOptions>({
  rates: list(rateRule),
  store,
  storeTimeoutMs: milliseconds(1),
  maxInFlightEach: wholeNumber(1),
  maxInFlight: wholeNumber(1),
  maxLagMs: milliseconds(1),
});

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option */
export function resolveLimitOptions(options: LimitOptions, where: string): ResolvedLimitOptions {
  const given = known(options, where);
  return {
    rates: given.rates ?? [],
    store: given.store,
    storeTimeoutMs: given.storeTimeoutMs ?? 500,
    maxInFlightEach: given.maxInFlightEach ?? Number.POSITIVE_INFINITY,
    maxInFlight: given.maxInFlight ?? 1_000,
    maxLagMs: given.maxLagMs ?? 500,
  };
}
