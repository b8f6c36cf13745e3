import { expect, it } from "vitest";
import { backoffMs } from "./backoff.js";

it("doubles from the base and stops at the maximum", () => {
  const waits = [0, 1, 2, 3, 10, 1_000].map((attempt) =>
    backoffMs(attempt, { baseMs: 100, maxMs: 500, random: () => 1 }),
  );
  expect(waits).toEqual([100, 200, 400, 500, 500, 500]);
});

it("jitters down to nothing, so that many waiters don't come back together", () => {
  expect(backoffMs(3, { random: () => 0 })).toBe(0);
});
