import { describe, expect, it } from "vitest";
import { createQueryPace } from "./query-pace.js";

function paceAt(random = 0) {
  const clock = { ms: 1_000 };
  return { clock, pace: createQueryPace({ now: () => clock.ms, random: () => random }) };
}

describe("the pace of queries", () => {
  it("follows up a single change at once", () => {
    const { clock, pace } = paceAt();
    for (let change = 0; change < 10; change++) {
      expect(pace()).toBe(0);
      clock.ms += 10_000;
    }
  });

  it("is four queries a second when every query tells of a change", () => {
    const { clock, pace } = paceAt();
    const asked: number[] = [];
    while (clock.ms < 61_000) {
      asked.push(clock.ms);
      clock.ms += pace();
    }
    expect(asked.length).toBeLessThanOrEqual(4 * 60 + 5);
  });

  it("never lets a change wait for half a second", () => {
    const { clock, pace } = paceAt(0.999);
    for (let query = 0; query < 100; query++) {
      const pauseMs = pace();
      expect(pauseMs).toBeLessThan(500);
      clock.ms += pauseMs;
    }
  });

  it("keeps those apart who waited for the same change", () => {
    expect(paceAt(0.2).pace()).not.toBe(paceAt(0.8).pace());
  });
});
