import { badOption, type Message } from "../../core/index.js";
import { type BulkheadOptions, resolveBulkhead } from "../bulkhead.js";
import { type CircuitOptions, resolveCircuit } from "../circuit.js";
import { type RetryRule, usualRetries } from "../retry.js";
import { type RetryBudgetOptions, usualRetryBudget } from "../retry-budget.js";
import { expectPattern, type MessagePattern, matchesPattern } from "./message-pattern.js";
import { type ActionPolicy, type Fallback, type HedgeOptions, readPolicy } from "./policy.js";

/** How calls of an action are made, with nothing left open: what is undefined is off. */
export interface ResolvedActionPolicy {
  /** In milliseconds; undefined leaves it to the caller's service. */
  readonly timeoutMs: number | undefined;
  readonly idempotent: boolean;
  readonly retry: Readonly<Required<RetryRule>>;
  readonly hedge: Readonly<Required<HedgeOptions>> | undefined;
  readonly fallback: Fallback | undefined;
  readonly bulkhead: ResolvedBulkhead | undefined;
  readonly circuit: Readonly<Required<CircuitOptions>> | undefined;
}

export interface ResolvedBulkhead extends Readonly<Required<BulkheadOptions>> {
  /** Whose it is: of a target as a whole (""), or of the actions with this pattern. An edit does not change it. */
  readonly of: string;
}

/**
 * The policy of a target, which is also that of its actions without one of their own. What an action takes from its
 * target is the same object, so that a live thing may be kept for each.
 */
export interface ResolvedTargetPolicy extends ResolvedActionPolicy {
  readonly retryBudget: Readonly<Required<RetryBudgetOptions>>;
  /** The most specific first. */
  readonly actions: readonly ResolvedAction[];
}

interface ResolvedAction {
  readonly pattern: MessagePattern;
  readonly policy: ResolvedActionPolicy;
}

const usualPolicy: ResolvedActionPolicy = Object.freeze({
  timeoutMs: undefined,
  idempotent: false,
  retry: usualRetries,
  hedge: undefined,
  fallback: undefined,
  bulkhead: undefined,
  circuit: undefined,
});

/**
 * Checks and completes a policy: without a word of it, retries are as usual and all else is off.
 * @param doc a `TargetPolicy`, from code or from outside
 * @param where what errors call it, such as `policies.account-server`
 * @throws VastifyError `invalid_argument`, reason `bad_option`: for a field that is wrong or unknown, by its path
 */
export function resolvePolicy(doc: unknown, where: string): ResolvedTargetPolicy {
  const { retryBudget, actions = [], ...own } = readPolicy(doc, where);
  const ofTarget = complete(own, usualPolicy, where, "");
  const resolved = actions.map(({ pattern, ...action }, index) => {
    const path = `${where}.actions[${index}]`;
    const expected = expectPattern(pattern, `${path}.pattern`);
    return Object.freeze({ pattern: expected, policy: complete(action, ofTarget, path, expected.text) });
  });
  return Object.freeze({
    ...ofTarget,
    retryBudget: Object.freeze({ ...usualRetryBudget, ...retryBudget }),
    actions: Object.freeze(resolved.sort((a, b) => b.pattern.keys.length - a.pattern.keys.length)),
  });
}

/** The policy for a message: of the most specific action pattern that matches it, else of the target. */
export function policyOf(target: ResolvedTargetPolicy, message: Message): ResolvedActionPolicy {
  if (target.actions.length === 0) return target;
  for (const { pattern, policy } of target.actions) if (matchesPattern(pattern, message)) return policy;
  return target;
}

/** What `own` leaves out it has from `usual`, field by field. */
function complete(
  own: ActionPolicy,
  usual: ResolvedActionPolicy,
  where: string,
  pattern: string,
): ResolvedActionPolicy {
  return Object.freeze({
    timeoutMs: own.timeoutMs ?? usual.timeoutMs,
    idempotent: own.idempotent ?? usual.idempotent,
    retry: own.retry === undefined ? usual.retry : Object.freeze({ ...usual.retry, ...own.retry }),
    hedge: unlessOff(own.hedge, usual.hedge, (hedge) => Object.freeze({ afterMs: "p95", ...hedge })),
    fallback: unlessOff(own.fallback, usual.fallback, (fallback) => asFunction(fallback, `${where}.fallback.value`)),
    bulkhead: unlessOff(own.bulkhead, usual.bulkhead, (bulkhead) => {
      const { maxInFlight, maxWaiting } = { ...usual.bulkhead, ...bulkhead };
      const given = {
        ...(maxInFlight !== undefined && { maxInFlight }),
        ...(maxWaiting !== undefined && { maxWaiting }),
      };
      return Object.freeze({ ...resolveBulkhead(given, `${where}.bulkhead`), of: pattern });
    }),
    circuit: unlessOff(own.circuit === true ? {} : own.circuit, usual.circuit, (circuit) =>
      resolveCircuit({ ...usual.circuit, ...circuit }, `${where}.circuit`),
    ),
  });
}

function unlessOff<T, R>(own: T | false | undefined, usual: R | undefined, resolve: (own: T) => R): R | undefined {
  if (own === undefined) return usual;
  return own === false ? undefined : resolve(own);
}

/** Each call gets a copy of its own, which it may change. */
function asFunction(fallback: { readonly value: unknown } | Fallback, where: string): Fallback {
  if (typeof fallback === "function") return fallback;
  try {
    const value = structuredClone(fallback.value);
    return () => structuredClone(value);
  } catch {
    throw badOption(where, fallback.value, "plain data; give a function for anything else");
  }
}
