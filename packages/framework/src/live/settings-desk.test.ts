import { describe, expect, it } from "vitest";
import { createListeners, silentLogger } from "../core/index.js";
import { createSettingsDesk } from "./settings-desk.js";

/** A desk over settings that a test writes, and a clock that it moves. */
function open(written: Record<string, unknown> = {}, index = 1) {
  const listeners = createListeners();
  const known: { documents: Record<string, unknown>; broken: string | undefined; index: number } = {
    documents: { ...written },
    broken: undefined,
    index,
  };
  const timers = new Set<{ readonly at: number; readonly end: () => void }>();
  let time = 0;
  const desk = createSettingsDesk({
    settings: {
      get: (key) => known.documents[key],
      problemOf: (key) => (key === known.broken ? "is not JSON" : undefined),
      get keys() {
        return Object.keys(known.documents);
      },
      get index() {
        return known.index;
      },
      onChange: listeners.add,
    },
    now: () => time,
    pause: (ms, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
        timers.add({ at: time + ms, end: resolve });
      }),
  });
  return {
    desk,
    write(documents: Record<string, unknown>, asOf: number, broken?: string) {
      known.documents = documents;
      known.broken = broken;
      known.index = asOf;
      listeners.tell(silentLogger);
    },
    pass(ms: number) {
      time += ms;
      for (const timer of timers) if (timer.at <= time) timer.end();
    },
  };
}

/** Whether a promise is still open once everything that is due was done. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const nobody = Symbol();
  const turn = new Promise((resolve) => setImmediate(() => resolve(nobody)));
  return (await Promise.race([promise, turn])) === nobody;
}

describe("a question for settings", () => {
  it("is answered at once when the asker knows nothing, or something else", async () => {
    const { desk } = open({ shop: { pageSize: 20 } });
    const answer = await desk.watch({ name: "shop" });
    expect(answer).toEqual({ name: "shop", revision: expect.any(String), index: 1, document: { pageSize: 20 } });
    expect(await desk.watch({ name: "shop", revision: "other", index: 1 })).toEqual(answer);
    expect(desk.get({ name: "shop" })).toEqual(answer);
  });

  it("waits while nothing changes, and is answered with the change", async () => {
    const { desk, write } = open({ shop: { pageSize: 20 } });
    const { revision, index } = desk.get({ name: "shop" });
    const waiting = desk.watch({ name: "shop", revision, index });
    write({ shop: desk.get({ name: "shop" }).document, other: 1 }, 2);
    expect(await isOpen(waiting)).toBe(true);
    write({ shop: { pageSize: 30 }, other: 1 }, 3);
    expect(await waiting).toMatchObject({ index: 3, document: { pageSize: 30 } });
  });

  it("is answered with what there is when its time is over", async () => {
    const { desk, pass } = open({ shop: 1 });
    const known = desk.get({ name: "shop" });
    const waiting = desk.watch({ name: "shop", revision: known.revision, index: 1, waitMs: 500 });
    pass(499);
    expect(await isOpen(waiting)).toBe(true);
    pass(1);
    expect(await waiting).toEqual(known);
  });

  it("waits for one that is behind to catch up, so that nobody goes back to what was before", async () => {
    const { desk, write } = open({ shop: "old" }, 5);
    const waiting = desk.watch({ name: "shop", revision: "new", index: 7 });
    expect(await isOpen(waiting)).toBe(true);
    write({ shop: "newer" }, 8);
    expect(await waiting).toMatchObject({ document: "newer", index: 8 });
  });

  it("does not wait for ever for one that is behind: Consul may have begun anew", async () => {
    const { desk, pass } = open({ shop: "old" }, 5);
    const waiting = desk.watch({ name: "shop", revision: "new", index: 700 });
    pass(1_000);
    expect(await waiting).toMatchObject({ document: "old", index: 5 });
  });

  it("about a name that nothing is written for has no document", async () => {
    const { desk, write } = open();
    const answer = await desk.watch({ name: "shop" });
    expect(answer).toEqual({ name: "shop", revision: "none", index: 1 });
    const waiting = desk.watch({ name: "shop", revision: answer.revision, index: 1 });
    write({ shop: {} }, 2);
    expect(await waiting).toMatchObject({ document: {} });
  });

  it("waits while what is written can't be read and was not known before, and is answered when it is mended", async () => {
    const { desk, write } = open();
    write({}, 2, "shop");
    const waiting = desk.watch({ name: "shop", revision: "known elsewhere", index: 1 });
    expect(await isOpen(waiting)).toBe(true);
    write({ shop: "mended" }, 3);
    expect(await waiting).toMatchObject({ document: "mended", index: 3 });
  });

  it("is never told that nothing is written where something is that can't be read", async () => {
    const { desk, write, pass } = open();
    write({}, 2, "shop");
    const refusal = { code: "failed_precondition", reason: "settings_unreadable" };
    expect(() => desk.get({ name: "shop" })).toThrow(expect.objectContaining(refusal));
    await expect(desk.watch({ name: "shop" })).rejects.toMatchObject(refusal);
    const late = desk.watch({ name: "shop", revision: "known elsewhere", waitMs: 500 });
    pass(500);
    await expect(late).rejects.toMatchObject(refusal);
    const longer = desk.watch({ name: "shop", revision: "known elsewhere" });
    pass(5_000);
    await expect(longer).rejects.toMatchObject(refusal);
    const left = desk.watch({ name: "shop", revision: "known elsewhere" });
    desk.leave();
    await expect(left).rejects.toMatchObject(refusal);
  });

  it("is answered with what was good, while what is written can't be read", async () => {
    const { desk, write } = open({ shop: "good" });
    write({ shop: "good" }, 2, "shop");
    expect(desk.get({ name: "shop" })).toMatchObject({ document: "good" });
  });

  it("is refused before Consul has told anything: nothing known is not nothing written", async () => {
    const settings = { get() {}, problemOf: () => undefined, keys: [], index: undefined, onChange: () => () => {} };
    const desk = createSettingsDesk({ settings });
    expect(() => desk.get({ name: "shop" })).toThrow(
      expect.objectContaining({ code: "unavailable", reason: "settings_unknown" }),
    );
    await expect(desk.watch({ name: "shop" })).rejects.toMatchObject({ reason: "settings_unknown" });
    expect(() => desk.list()).toThrow("has not told");
  });

  it.each([
    {},
    { name: 7 },
    { name: "a/b" },
    { name: "../vastify/consumers/x" },
    { name: "" },
    { name: "a", waitMs: "1" },
    null,
  ])("that is not one is refused: %j", async (question) => {
    await expect(open().desk.watch(question)).rejects.toMatchObject({ code: "invalid_argument", reason: "bad_option" });
  });

  it("that is wrong is told where", async () => {
    const why = "the question for settings is wrong: its waitMs: Invalid input: expected number, received string";
    await expect(open().desk.watch({ name: "a", waitMs: "1" })).rejects.toThrow(why);
  });

  it("ends with its asker", async () => {
    const { desk } = open({ shop: 1 });
    const { revision } = desk.get({ name: "shop" });
    const asker = new AbortController();
    const waiting = desk.watch({ name: "shop", revision, index: 1 }, asker.signal);
    asker.abort();
    expect(await waiting).toMatchObject({ revision });
  });

  it("is answered at once by one that leaves, now and from then on", async () => {
    const { desk } = open({ shop: 1 });
    const { revision } = desk.get({ name: "shop" });
    const waiting = desk.watch({ name: "shop", revision, index: 1 });
    desk.leave();
    expect(await waiting).toMatchObject({ revision });
    expect(await desk.watch({ name: "shop", revision, index: 1 })).toMatchObject({ revision });
  });
});

it("a list has the names that something is written for, and none that can't be asked for", () => {
  const { desk } = open({ shop: 1, basket: { secret: "x" }, "a/b": 1 }, 9);
  expect(desk.list()).toEqual({ names: ["basket", "shop"], index: 9 });
});
