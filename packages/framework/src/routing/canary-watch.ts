import semver from "semver";
import { createLatencyWindow, createOutcomeWindow } from "../resilience/index.js";
import type { RollbackRule } from "./route-rules.js";

/** What was seen of a canary and of the other versions within the window. */
export interface CanaryFigures {
  readonly calls: number;
  /** Failed calls : calls. */
  readonly errorRate: number;
  /** In milliseconds. */
  readonly p95Ms: number;
}

export interface CanaryVerdict {
  readonly why: string;
  readonly canary: CanaryFigures;
  readonly others: CanaryFigures;
}

export interface CanaryWatch {
  readonly rule: RollbackRule;
  /** Notes an answer; gives a verdict when the canary turns out to be worse. */
  record(version: string, latencyMs: number, failed: boolean): CanaryVerdict | undefined;
}

// So that one failure in a thousand calls, or a millisecond, is not taken for many times as bad as none.
const leastErrorRate = 0.01;
const leastP95Ms = 5;
/** How often the two are compared, in milliseconds. */
const judgeEveryMs = 250;

/** Compares a canary with the versions beside it, from what this process sees of them. */
export function createCanaryWatch(rule: RollbackRule, now: () => number = () => performance.now()): CanaryWatch {
  const sides = { canary: createSide(rule.windowMs, now), others: createSide(rule.windowMs, now) };
  let judgedAt = now();

  function judge(): CanaryVerdict | undefined {
    const canary = sides.canary.figures();
    const others = sides.others.figures();
    if (Math.min(canary.calls, others.calls) < rule.minCalls) return undefined;
    const mostErrors = rule.errorRateFactor * Math.max(leastErrorRate, others.errorRate);
    if (canary.errorRate > mostErrors) {
      return {
        why: `${percent(canary.errorRate)} of its calls fail, of the others' ${percent(others.errorRate)}`,
        canary,
        others,
      };
    }
    const slowest = rule.p95Factor * Math.max(leastP95Ms, others.p95Ms);
    if (canary.p95Ms > slowest) {
      return {
        why: `its p95 is ${Math.round(canary.p95Ms)} ms, the others' ${Math.round(others.p95Ms)} ms`,
        canary,
        others,
      };
    }
    return undefined;
  }

  return {
    rule,
    record(version, latencyMs, failed) {
      const isCanary = semver.satisfies(version, rule.canary);
      sides[isCanary ? "canary" : "others"].record(latencyMs, failed);
      const at = now();
      if (at - judgedAt < judgeEveryMs) return undefined;
      judgedAt = at;
      return judge();
    },
  };
}

function createSide(windowMs: number, now: () => number) {
  const latencies = createLatencyWindow({ windowMs, now });
  const outcomes = createOutcomeWindow({ windowMs, now });
  return {
    record(latencyMs: number, failed: boolean): void {
      latencies.record(latencyMs);
      outcomes.record(failed);
    },
    figures(): CanaryFigures {
      const { calls, errors } = outcomes;
      return { calls, errorRate: calls === 0 ? 0 : errors / calls, p95Ms: latencies.quantile(0.95) ?? 0 };
    },
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
