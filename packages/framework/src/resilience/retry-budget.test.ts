import { describe, expect, it } from "vitest";
import { createRetryBudget } from "./retry-budget.js";

/** Calls at a steady rate, all of which fail and want to be tried twice more; the times of what was sent. */
function outage({ callsPerSecond, calmSeconds }: { callsPerSecond: number; calmSeconds: number }) {
  const clock = { ms: 0 };
  const budget = createRetryBudget({}, () => clock.ms);
  const retriesAt: number[] = [];
  const calm = calmSeconds * callsPerSecond;
  for (let call = 0; call < calm + 60 * callsPerSecond; call++) {
    clock.ms = (call * 1_000) / callsPerSecond;
    budget.onCall();
    if (call < calm) continue;
    for (let again = 0; again < 2; again++) if (budget.tryRetry()) retriesAt.push(clock.ms);
  }
  return { retriesAt, calls: 60 * callsPerSecond, endMs: clock.ms };
}

/** The most retries within a window, which is up to one slot of a second shorter than 10 s. */
function worstWindow(times: readonly number[]): number {
  let first = 0;
  let worst = 0;
  for (const [last, time] of times.entries()) {
    while (time - (times[first] ?? 0) > 9_000) first++;
    worst = Math.max(worst, last - first + 1);
  }
  return worst;
}

describe("a retry budget", () => {
  it.each([5, 10, 37, 100, 1_000])("keeps an outage of 60 s at %i calls/s below 1.2 × its load", (callsPerSecond) => {
    for (const calmSeconds of [0, 3, 30]) {
      const { retriesAt, calls } = outage({ callsPerSecond, calmSeconds });
      expect((calls + retriesAt.length) / calls).toBeLessThanOrEqual(1.2);
      expect(worstWindow(retriesAt)).toBeLessThanOrEqual(0.2 * 10 * callsPerSecond);
      // It is there to be used.
      expect(retriesAt.length).toBeGreaterThan(0.1 * calls);
    }
  });

  it("allows a quiet target a few retries, and no more per window", () => {
    const { retriesAt } = outage({ callsPerSecond: 1, calmSeconds: 0 });
    expect(worstWindow(retriesAt)).toBe(10);
    expect(retriesAt.length).toBeLessThanOrEqual(70);
  });

  it("allows none without calls when there is no minimum", () => {
    const budget = createRetryBudget({ minRetries: 0 }, () => 0);
    expect(budget.tryRetry()).toBe(false);
    for (let call = 0; call < 5; call++) budget.onCall();
    expect([budget.tryRetry(), budget.tryRetry()]).toEqual([true, false]);
  });

  it.each([
    [{ ratio: 1.5 }, /retryBudget\.ratio/],
    [{ minRetries: -1 }, /retryBudget\.minRetries/],
    [{ windowMs: 0 }, /retryBudget\.windowMs/],
  ])("refuses %j", (options, message) => {
    expect(() => createRetryBudget(options)).toThrow(message);
  });
});
