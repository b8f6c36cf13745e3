import { describe, expect, it } from "vitest";
import { createMemoryStore, type Taken } from "./rate-limit-store.js";

const tenPerSecond = { limit: 10, windowMs: 1_000 };

function makeStore(maxKeys = 100) {
  const clock = { now: 5_000 };
  const store = createMemoryStore({ now: () => clock.now, maxKeys });
  const take = (key = "a", rate = tenPerSecond) => store.take(key, rate) as Taken;
  const takeUntilRefused = (key?: string) => {
    let taken = 0;
    while (take(key).allowed) taken += 1;
    return taken;
  };
  return { clock, take, takeUntilRefused };
}

describe("a rate kept in memory", () => {
  it("lets all of them come at once, and says how many are left", () => {
    const { take } = makeStore();
    const seen = Array.from({ length: 11 }, () => take());
    expect(seen.map(({ allowed }) => allowed)).toEqual([...Array<boolean>(10).fill(true), false]);
    expect(seen.map(({ remaining }) => remaining)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]);
    expect(seen[0]).toEqual({ allowed: true, remaining: 9, resetMs: 100, retryAfterMs: 0 });
    expect(seen[10]).toEqual({ allowed: false, remaining: 0, resetMs: 1_000, retryAfterMs: 100 });
  });

  it("fills up evenly, and no further than full", () => {
    const { clock, takeUntilRefused } = makeStore();
    expect(takeUntilRefused()).toBe(10);
    clock.now += 99;
    expect(takeUntilRefused()).toBe(0);
    clock.now += 1;
    expect(takeUntilRefused()).toBe(1);
    clock.now += 450;
    expect(takeUntilRefused()).toBe(4);
    clock.now += 1_000_000;
    expect(takeUntilRefused()).toBe(10);
  });

  it("is not made longer by what was refused", () => {
    const { clock, take, takeUntilRefused } = makeStore();
    takeUntilRefused();
    for (let time = 0; time < 1_000; time++) take();
    clock.now += 100;
    expect(take().allowed).toBe(true);
  });

  it("gives exactly what it says for rates that don't divide", () => {
    const { clock, take } = makeStore();
    const rate = { limit: 7, windowMs: 1_000 };
    for (let round = 0; round < 100; round++) {
      for (let time = 0; time < 7; time++) expect(take("a", rate).allowed).toBe(true);
      expect(take("a", rate).allowed).toBe(false);
      clock.now += 1_000;
    }
  });

  it("counts each key by itself, and forgets those that were quiet for longest when there are too many", () => {
    const { takeUntilRefused } = makeStore(2);
    expect(["a", "b"].map(takeUntilRefused)).toEqual([10, 10]);
    expect(["a", "b"].map(takeUntilRefused)).toEqual([0, 0]);
    expect(takeUntilRefused("c")).toBe(10);
    expect(takeUntilRefused("b")).toBe(0);
    expect(takeUntilRefused("a")).toBe(10);
  });
});
