import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../core/index.js";
import { forgivingStore } from "./forgiving-store.js";
import type { Taken } from "./rate-limit-store.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const rate = { limit: 10, windowMs: 1_000 };
const taken: Taken = { allowed: true, remaining: 9, resetMs: 100, retryAfterMs: 0 };
const never = () => new Promise<Taken>(() => {});

/** A store that answers as `answer.now` does. */
function makeStore() {
  const warnings: string[] = [];
  const answer: { now: () => unknown; asked: number } = { now: () => taken, asked: 0 };
  const store = {
    take() {
      answer.asked += 1;
      return answer.now() as Taken;
    },
  };
  const log = {
    ...silentLogger,
    warn: (_text: string, fields?: object) => {
      warnings.push(String((fields as { err: Error }).err.message));
    },
  };
  const { take } = forgivingStore({ store, timeoutMs: 500, log });
  return { answer, warnings, take: () => take("key", rate) };
}

describe("a store of rates", () => {
  it("that answers at once is believed at once", () => {
    const { take } = makeStore();
    expect(take()).toEqual(taken);
  });

  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("away");
      },
    ],
    ["fails", () => Promise.reject(new Error("away"))],
  ])("that %s counts nobody, and is warned of once until it is back", async (_does, fails) => {
    const { answer, take, warnings } = makeStore();
    answer.now = fails;
    expect([await take(), await take()]).toEqual([undefined, undefined]);
    expect(warnings).toEqual(["away"]);
    answer.now = async () => taken;
    expect(await take()).toEqual(taken);
    answer.now = fails;
    await take();
    expect(warnings).toEqual(["away", "away"]);
  });

  it.each<[unknown, string]>([
    [{}, "allowed in what limits.store answers must be true or false, got undefined"],
    [undefined, "allowed in what limits.store answers must be true or false, got undefined"],
    [[1, 9, 0, 0], "allowed in what limits.store answers must be true or false, got undefined"],
    [{ ...taken, remaining: Number.NaN }, "remaining in what limits.store answers must be a number from 0 up, got NaN"],
    [{ ...taken, resetMs: "1" }, 'resetMs in what limits.store answers must be a number from 0 up, got "1"'],
    [{ ...taken, retryAfterMs: -1 }, "retryAfterMs in what limits.store answers must be a number from 0 up, got -1"],
  ])("that answers %j is as one that is away, and the warning says what is wrong", async (wrong, why) => {
    const { answer, take, warnings } = makeStore();
    for (const now of [() => wrong, async () => wrong]) {
      answer.now = now;
      expect(await take()).toBeUndefined();
    }
    expect(warnings).toEqual([why]);
  });

  it("that never answers is as one that is away when its time is over", async () => {
    const { answer, take, warnings } = makeStore();
    answer.now = never;
    const waiting = take();
    await vi.advanceTimersByTimeAsync(499);
    expect(warnings).toEqual([]);
    await vi.advanceTimersByTimeAsync(10);
    expect(await waiting).toBeUndefined();
    expect(warnings).toEqual(["limits.store did not answer within 500 ms"]);
  });

  it("that went silent is waited for by one request at a time, until it answers in time", async () => {
    const { answer, take, warnings } = makeStore();
    answer.now = never;
    void take();
    await vi.advanceTimersByTimeAsync(510);
    const trying = take();
    expect([take(), take()]).toEqual([undefined, undefined]);
    expect(answer.asked).toBe(2);
    await vi.advanceTimersByTimeAsync(510);
    expect(await trying).toBeUndefined();
    answer.now = async () => taken;
    expect(await take()).toEqual(taken);
    expect(await Promise.all([take(), take()])).toEqual([taken, taken]);
    expect(warnings).toHaveLength(1);
  });

  it("that went silent is waited for by one request at a time, however many waited when it did", async () => {
    const { answer, take } = makeStore();
    answer.now = never;
    for (let asked = 0; asked < 10; asked++) {
      void take();
      await vi.advanceTimersByTimeAsync(20);
    }
    await vi.advanceTimersByTimeAsync(310);
    for (let asked = 0; asked < 10; asked++) {
      void take();
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(answer.asked).toBe(11);
  });

  it("whose answer is a promise in a promise is as one that is away when its time is over", async () => {
    const { answer, take } = makeStore();
    // biome-ignore lint/suspicious/noThenProperty: as promises of other libraries have it
    answer.now = () => ({ then: (resolve: (value: unknown) => void) => resolve(never()) });
    const waiting = take();
    await vi.advanceTimersByTimeAsync(510);
    expect(await waiting).toBeUndefined();
  });

  it("that answers too late is not taken for one that is back", async () => {
    const { answer, take, warnings } = makeStore();
    answer.now = () => new Promise((resolve) => void setTimeout(resolve, 900, taken));
    for (let time = 0; time < 3; time++) {
      const waiting = take();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await waiting).toBeUndefined();
    }
    expect(warnings).toHaveLength(1);
  });
});
