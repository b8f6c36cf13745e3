export { blamesInstance, type Verdict, verdictOn } from "./blame.js";
export { type Bulkhead, type BulkheadOptions, bulkheadFull, createBulkhead } from "./bulkhead.js";
export { type Chaos, type ChaosClock, type Fault, faultFor, readChaos } from "./chaos.js";
export { type Circuit, type CircuitOptions, circuitOpen, createCircuit } from "./circuit.js";
export { createEjection, type Ejection, type EjectionOptions } from "./ejection.js";
export { mergePolicies } from "./policy/merge-policies.js";
export type { PatternLike } from "./policy/message-pattern.js";
export { type ActionPolicy, type Fallback, type HedgeOptions, readPolicy, type TargetPolicy } from "./policy/policy.js";
export {
  policyOf,
  type ResolvedActionPolicy,
  type ResolvedTargetPolicy,
  resolvePolicy,
} from "./policy/resolve-policy.js";
export { createRetryPolicy, type RetryOptions, type RetryPolicy, type RetryRule } from "./retry.js";
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from "./retry-budget.js";
export { createLatencyWindow, type LatencyWindow, type LatencyWindowOptions } from "./windows/latency-window.js";
export { createOutcomeWindow, type OutcomeWindow, type OutcomeWindowOptions } from "./windows/outcome-window.js";
