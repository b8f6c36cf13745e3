import { describe, expect, it } from "vitest";
import { delayStepMs } from "./delays.js";

describe("the length of a delay", () => {
  it.each([
    [0, 0],
    [9.9, 0],
    [10, 10],
    [19, 10],
    [340, 300],
    [1_000, 1_000],
    [1_999.5, 1_000],
    [604_800_000, 600_000_000],
    [31_536_000_000, 4_000_000_000],
  ])("of %s ms is the longest of one digit that does not outlast it: %s ms", (remainingMs, expected) => {
    expect(delayStepMs(remainingMs)).toBe(expected);
  });

  it("brings any time to its end in few steps, never late", () => {
    for (const ms of [12_345, 86_399_999, 31_536_000_123]) {
      let left = ms;
      let steps = 0;
      for (let step = delayStepMs(left); step > 0; step = delayStepMs(left)) {
        left -= step;
        steps++;
      }
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThan(10);
      expect(steps).toBeLessThan(20);
    }
  });
});
