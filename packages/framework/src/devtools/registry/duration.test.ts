import { expect, test } from "vitest";
import { parseDurationMs } from "./duration.js";

test.each([
  ["10s", 10_000],
  ["5m", 300_000],
  ["1m30s", 90_000],
  ["1.5s", 1500],
  ["250ms", 250],
  ["1h", 3_600_000],
  ["0", 0],
  ["0s", 0],
  ["-2s", -2000],
])("%s is %d milliseconds", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(["", "10", "s", "10 s", "ten", "10s!", "!10s", "10d", "--1s"])("%j is no duration", (text) => {
  expect(parseDurationMs(text)).toBeUndefined();
});
