import { describe, expect, it } from "vitest";
import { createLatencyWindow } from "./latency-window.js";

const share = (got: number | undefined, wanted: number) => Math.abs((got ?? Number.NaN) / wanted - 1);

describe("a latency window", () => {
  it.each([0.02, 0.5, 3, 47, 1_000, 60_000, 600_000])("knows %f ms with an error of at most 5 %", (ms) => {
    const window = createLatencyWindow({ now: () => 0 });
    window.record(ms);
    expect(share(window.quantile(0.5), ms)).toBeLessThanOrEqual(0.05);
  });

  it.each([
    [0, 1],
    [0.5, 500],
    [0.95, 950],
    [0.99, 990],
    [1, 1_000],
  ])("has the quantile %f of 1 to 1,000 ms at about %i ms", (q, expected) => {
    const window = createLatencyWindow({ now: () => 0 });
    for (let ms = 1; ms <= 1_000; ms++) window.record(ms);
    expect(share(window.quantile(q), expected)).toBeLessThanOrEqual(0.05);
  });

  it("knows nothing before the first call", () => {
    const window = createLatencyWindow();
    expect(window.quantile(0.95)).toBeUndefined();
    expect(window.count).toBe(0);
  });

  it("forgets what is older than its window", () => {
    let ms = 0;
    const window = createLatencyWindow({ windowMs: 1_000, now: () => ms });
    for (let call = 0; call < 100; call++) window.record(900);
    ms = 600;
    window.record(3);
    expect(window.count).toBe(101);
    ms = 1_000;
    expect(window.count).toBe(1);
    expect(share(window.quantile(0.95), 3)).toBeLessThanOrEqual(0.05);
  });

  it("takes absurd durations for the shortest or the longest", () => {
    const window = createLatencyWindow({ now: () => 0 });
    for (const ms of [Number.NaN, -1, 0]) window.record(ms);
    expect(window.quantile(1)).toBeLessThan(0.02);
    window.record(Number.POSITIVE_INFINITY);
    expect(window.quantile(1)).toBeGreaterThan(600_000);
    expect(window.count).toBe(4);
  });
});
