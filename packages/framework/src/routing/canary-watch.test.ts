import { describe, expect, it } from "vitest";
import { type CanaryVerdict, createCanaryWatch } from "./canary-watch.js";

const rule = { canary: "^1.1.0", errorRateFactor: 2, p95Factor: 2, minCalls: 100, windowMs: 30_000 };

interface Side {
  readonly latencyMs?: number;
  /** One call in so many fails. */
  readonly failEvery?: number;
}

/** A minute of both sides side by side, nine calls of the others for one of the canary. */
function watchFor(calls: number, canary: Side, others: Side): CanaryVerdict | undefined {
  let time = 0;
  let canaries = 0;
  let rest = 0;
  const watch = createCanaryWatch(rule, () => time);
  for (let i = 0; i < calls; i++) {
    time += 10;
    const isCanary = i % 10 === 0;
    const { latencyMs = 20, failEvery } = isCanary ? canary : others;
    const nth = isCanary ? canaries++ : rest++;
    const failed = failEvery !== undefined && nth % failEvery === 0;
    const verdict = watch.record(isCanary ? "1.1.2" : "1.0.0", latencyMs, failed);
    if (verdict) return verdict;
  }
  return undefined;
}

describe("a canary", () => {
  it("that is as good as the others stays", () => {
    expect(watchFor(10_000, {}, {})).toBeUndefined();
    expect(watchFor(10_000, { failEvery: 10 }, { failEvery: 10 })).toBeUndefined();
  });

  it("that fails many times as often is worse", () => {
    const verdict = watchFor(10_000, { failEvery: 5 }, { failEvery: 50 });
    expect(verdict?.why).toMatch(/its calls fail/);
    expect(verdict?.canary.errorRate).toBeCloseTo(0.2, 1);
  });

  it("that is many times as slow is worse", () => {
    expect(watchFor(10_000, { latencyMs: 50 }, {})?.why).toMatch(/p95 is 5\d ms, the others' \d\d ms/);
  });

  it("is not judged by a handful of calls", () => {
    expect(watchFor(900, { failEvery: 1 }, {})).toBeUndefined();
  });

  it("that fails one call in a hundred beside others that fail none is not worse", () => {
    expect(watchFor(10_000, { failEvery: 100 }, {})).toBeUndefined();
  });

  it("that is a millisecond slower than next to nothing is not worse", () => {
    expect(watchFor(10_000, { latencyMs: 3 }, { latencyMs: 1 })).toBeUndefined();
  });
});
