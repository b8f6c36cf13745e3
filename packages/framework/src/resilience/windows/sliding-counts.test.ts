import { describe, expect, it } from "vitest";
import { createSlidingCounts } from "./sliding-counts.js";

function setUp() {
  const clock = { ms: 0 };
  const counts = createSlidingCounts({ kinds: 2, windowMs: 1_000, slots: 10, now: () => clock.ms });
  return { clock, counts };
}

describe("sliding counts", () => {
  it("keep kinds apart", () => {
    const { counts } = setUp();
    counts.add(0);
    counts.add(1);
    counts.add(1);
    expect([counts.count(0), counts.count(1)]).toEqual([1, 2]);
    expect([...counts.counts()]).toEqual([1, 2]);
  });

  it("forget what is older than the window, slot by slot", () => {
    const { clock, counts } = setUp();
    for (clock.ms = 0; clock.ms < 1_000; clock.ms += 100) counts.add(0);
    clock.ms = 999;
    expect(counts.count(0)).toBe(10);
    clock.ms = 1_000;
    expect(counts.count(0)).toBe(9);
    clock.ms = 1_850;
    expect(counts.count(0)).toBe(1);
    clock.ms = 1_900;
    expect(counts.count(0)).toBe(0);
  });

  it("forget everything after a long silence", () => {
    const { clock, counts } = setUp();
    counts.add(0);
    clock.ms = 1e9;
    expect(counts.count(0)).toBe(0);
    counts.add(0);
    expect(counts.count(0)).toBe(1);
  });

  it("agree with a plain list of times", () => {
    const { clock, counts } = setUp();
    const times: number[] = [];
    // A small generator of numbers, so that a failure can be repeated.
    let seed = 7;
    for (let step = 0; step < 2_000; step++) {
      seed = (seed * 48_271) % 2_147_483_647;
      clock.ms += seed % 60;
      counts.add(0);
      times.push(clock.ms);
      const oldestSlot = Math.floor(clock.ms / 100) - 9;
      expect(counts.count(0)).toBe(times.filter((time) => Math.floor(time / 100) >= oldestSlot).length);
    }
  });

  it("can be cleared", () => {
    const { counts } = setUp();
    counts.add(1);
    counts.clear();
    expect(counts.count(1)).toBe(0);
  });
});
