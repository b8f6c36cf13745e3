import {
  badOption,
  type Check,
  fields,
  list,
  type Message,
  milliseconds,
  type VastifyError,
  yesOrNo,
} from "../../core/index.js";
import { type BulkheadOptions, expectBulkhead } from "../bulkhead.js";
import { type CircuitOptions, expectCircuit } from "../circuit.js";
import { expectRetryRule, type RetryRule } from "../retry.js";
import { expectRetryBudget, type RetryBudgetOptions } from "../retry-budget.js";
import { expectPattern, type PatternLike } from "./message-pattern.js";

/** Answers in the place of a call that failed. What it throws is the call's error. */
export type Fallback = (message: Message, error: VastifyError) => unknown;

export interface HedgeOptions {
  /** A second call goes to another instance after so many milliseconds without an answer. @default "p95", of the target's calls lately */
  afterMs?: number | "p95";
}

/** How calls are made. What is `false` is off. */
export interface ActionPolicy {
  /** How long calls may take at most, in milliseconds, whatever their caller would wait. @default as long as that */
  timeoutMs?: number;
  /** Whether the action may be carried out twice without harm. @default false: only calls that say so themselves */
  idempotent?: boolean;
  /** @default 3 attempts of what may be repeated */
  retry?: RetryRule;
  /** Only of idempotent calls. @default false */
  hedge?: HedgeOptions | false;
  /** Functions only in code. @default false */
  fallback?: { readonly value: unknown } | Fallback | false;
  /** @default false */
  bulkhead?: Partial<BulkheadOptions> | false;
  /** Of each instance, so only a target can say it. `true` is one with its defaults. @default false */
  circuit?: CircuitOptions | boolean;
}

/**
 * How calls to a target are made: written in code, or as JSON in Consul's `vastify/policies/<target>`. What an action
 * leaves out it takes from the target.
 */
export interface TargetPolicy extends ActionPolicy {
  retryBudget?: RetryBudgetOptions;
  /** Of the patterns that match a message the one with the most keys counts; of equally many, the first. */
  actions?: readonly (ActionPolicy & { readonly pattern: PatternLike })[];
}

/**
 * Checks a policy without completing it, so that it can be merged with another.
 * @param where what errors call it, such as `policies.account-server`
 * @throws VastifyError `invalid_argument`, reason `bad_option`: for a field that is wrong or unknown, by its path
 */
export function readPolicy(doc: unknown, where: string): TargetPolicy {
  const policy = expectTargetPolicy(doc, where);
  const seen = new Set<string>();
  for (const [index, { pattern, circuit }] of (policy.actions ?? []).entries()) {
    if (circuit !== undefined)
      throw badOption(`${where}.actions[${index}].circuit`, circuit, "left out: an instance's circuit is the target's");
    const { text } = expectPattern(pattern, `${where}.actions[${index}].pattern`);
    if (seen.has(text)) throw badOption(`${where}.actions[${index}].pattern`, text, "another than those before it");
    seen.add(text);
  }
  return policy;
}

const orOff =
  <T>(check: Check<T>): Check<T | false> =>
  (value, where) =>
    value === false ? false : check(value, where);

const expectHedge = fields<HedgeOptions>({
  afterMs: (value, where) => {
    if (value === "p95") return value;
    if (typeof value !== "number") throw badOption(where, value, '"p95" or milliseconds');
    return milliseconds(0)(value, where);
  },
});

const expectFallback: Check<{ readonly value: unknown } | Fallback> = (value, where) => {
  if (typeof value === "function") return value as Fallback;
  if (typeof value !== "object" || value === null || Object.keys(value).join() !== "value" || !("value" in value)) {
    throw badOption(where, value, "an object with nothing but value, or in code a function");
  }
  return { value: value.value };
};

const actionFields = {
  timeoutMs: milliseconds(1),
  idempotent: yesOrNo,
  retry: expectRetryRule,
  hedge: orOff(expectHedge),
  fallback: orOff(expectFallback),
  bulkhead: orOff(expectBulkhead),
  circuit: (value: unknown, where: string) => (typeof value === "boolean" ? value : expectCircuit(value, where)),
};

const expectAction = fields<ActionPolicy & { readonly pattern: PatternLike }>({
  ...actionFields,
  pattern: (value) => value as PatternLike,
});

const expectTargetPolicy = fields<TargetPolicy>({
  ...actionFields,
  retryBudget: expectRetryBudget,
  actions: list(expectAction as Check<ActionPolicy & { readonly pattern: PatternLike }>),
});
