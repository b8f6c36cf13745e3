import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadlines, type Expiring } from "./deadlines.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function waiting(name: string, remainingMs: number, story: string[]): Expiring {
  const expire = () => void story.push(name);
  return { expire, remainingMs, deadline: undefined, list: undefined, next: undefined, previous: undefined };
}

describe("deadlines", () => {
  it("expire in their order, each once", () => {
    const story: string[] = [];
    const deadlines = new Deadlines();
    deadlines.add(waiting("late", 300, story));
    deadlines.add(waiting("soon", 100, story));
    deadlines.add(waiting("soon too", 100, story));
    deadlines.add(waiting("between", 200, story));
    vi.advanceTimersByTime(1_000);
    expect(story).toEqual(["soon", "soon too", "between", "late"]);
  });

  it("are never early", () => {
    const story: string[] = [];
    const deadlines = new Deadlines();
    deadlines.add(waiting("a", 101, story));
    vi.advanceTimersByTime(100);
    expect(story).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(story).toEqual(["a"]);
  });

  it.each(["at once", "in a later turn"])("don't expire once removed %s, wherever in line they stood", (when) => {
    const story: string[] = [];
    const deadlines = new Deadlines();
    const items = ["first", "middle", "last", "stays"].map((name) => waiting(name, 100, story));
    for (const item of items) deadlines.add(item);
    if (when === "in a later turn") vi.advanceTimersByTime(50);
    for (const item of items.slice(0, 3)) deadlines.remove(item);
    for (const item of items.slice(0, 3)) deadlines.remove(item);
    vi.advanceTimersByTime(1_000);
    expect(story).toEqual(["stays"]);
  });

  it("go on when one that expires adds another", () => {
    const story: string[] = [];
    const deadlines = new Deadlines();
    const first = waiting("first", 100, story);
    first.expire = () => {
      story.push("first");
      deadlines.add(waiting("second", 100, story));
    };
    deadlines.add(first);
    deadlines.add(waiting("third", 100, story));
    vi.advanceTimersByTime(1_000);
    expect(story).toEqual(["first", "third", "second"]);
  });

  it.each([1e10, 1e300, Number.POSITIVE_INFINITY])(
    "of %d ms wait, without a timer that Node.js would cut to 1 ms",
    (ms) => {
      const story: string[] = [];
      const deadlines = new Deadlines();
      deadlines.add(waiting("patient", ms, story));
      vi.advanceTimersByTime(60_000);
      expect([story, vi.getTimerCount()]).toEqual([[], 1]);
    },
  );

  it("of any length don't pile up", () => {
    const story: string[] = [];
    const deadlines = new Deadlines();
    for (let ms = 1; ms <= 20_000; ms += 3) {
      const item = waiting(String(ms), ms, story);
      deadlines.add(item);
      vi.advanceTimersByTime(0);
      deadlines.remove(item);
    }
    expect(vi.getTimerCount()).toBeLessThan(300);
    expect(story).toEqual([]);
  });
});
