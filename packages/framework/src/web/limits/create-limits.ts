import type { Logger } from "../../core/index.js";
import type { GuardStep } from "../route-guard.js";
import type { OfferedRoute } from "../route-versions.js";
import type { ClientAddress } from "./client-address.js";
import { forgivingStore } from "./forgiving-store.js";
import { createLateness } from "./lateness.js";
import { type LimitOptions, type RateRule, resolveLimitOptions } from "./limit-options.js";
import { loadGuard } from "./load-guard.js";
import { rateGuard } from "./rate-guard.js";
import { createMemoryStore } from "./rate-limit-store.js";
import { createSenderOf } from "./sender.js";
import { shareGuard } from "./share-guard.js";

export interface Limits {
  /** Stand before anybody is asked who they are: this costs little, and that may cost more. */
  readonly before: readonly GuardStep[];
  /** Stand where it is known who sends a request. */
  readonly after: readonly GuardStep[];
  /** Of them, those that count how often something is asked for, and not how much is under way. */
  readonly rates: { readonly before: GuardStep; readonly after: GuardStep };
  start(): void;
  stop(): void;
}

export interface LimitSurroundings {
  addressOf: ClientAddress;
  isOpen(route: OfferedRoute): boolean;
  log: Logger;
}

/** How many senders are counted at once, at about 100 bytes each. */
const maxKeys = 100_000;

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option */
export function createLimits(options: LimitOptions, { addressOf, isOpen, log }: LimitSurroundings): Limits {
  const { rates, storeTimeoutMs, maxInFlight, maxInFlightEach, maxLagMs, ...given } = resolveLimitOptions(
    options,
    "limits",
  );
  const senderOf = createSenderOf(addressOf);
  const counting = given.store ?? createMemoryStore({ now: () => performance.now(), maxKeys });
  const store = forgivingStore({ store: counting, timeoutMs: storeTimeoutMs, log });
  const keep = (rules: readonly RateRule[]) => rateGuard({ rules, store, senderOf });
  const kept = { before: keep(rates.filter(isByAddress)), after: keep(rates.filter((rule) => !isByAddress(rule))) };
  const lateness = createLateness();
  return {
    before: [loadGuard({ maxInFlight, maxLagMs, isOpen, lagMs: () => lateness.ms }), kept.before],
    after: [kept.after, ...(Number.isFinite(maxInFlightEach) ? [shareGuard(maxInFlightEach, senderOf)] : [])],
    rates: kept,
    start: lateness.start,
    stop: lateness.stop,
  };
}

function isByAddress({ by }: RateRule): boolean {
  return by === "ip";
}
