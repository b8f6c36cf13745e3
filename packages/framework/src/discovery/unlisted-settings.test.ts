import { describe, expect, it } from "vitest";
import { silentLogger } from "../core/index.js";
import { createUnlistedSettings } from "./unlisted-settings.js";

/** `over` ends the time of all that were lost so far. */
function follow(first: readonly string[]) {
  const warnings: string[] = [];
  const ends: (() => void)[] = [];
  let expiries = 0;
  const unlisted = createUnlistedSettings({
    log: { ...silentLogger, warn: (message) => warnings.push(message) },
    keepMs: 600_000,
    onGone: () => {
      expiries += 1;
    },
    pause: () => new Promise((resolve) => ends.push(resolve)),
  });
  const list = (keys: readonly string[], isDoubtful = false) =>
    [...unlisted.take(new Map(keys.map((key) => [key, "1"])), isDoubtful).keys()].toSorted();
  list(first);
  return {
    unlisted,
    warnings,
    list,
    keys: () => [...unlisted.all.keys()].toSorted(),
    expiries: () => expiries,
    async over() {
      for (const end of ends.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("settings that Consul lists no longer", () => {
  it.each([
    ["one among several", ["a", "b", "c"], ["a", "b"]],
    ["the only one", ["a"], []],
  ])("go at once when it is %s: an operator has deleted it", (_what, before, after) => {
    const { list, unlisted, warnings } = follow(before);
    expect([list(after), unlisted.size, warnings]).toEqual([after, 0, []]);
  });

  it.each([
    ["several at once", ["a", "b", "c"], ["a"], false],
    ["all of them", ["a", "b"], [], false],
    ["one, after Consul was away or began anew", ["a", "b", "c"], ["a", "b"], true],
  ])("stay when it is %s", (_what, before, after, isDoubtful) => {
    const { list, unlisted, warnings } = follow(before);
    expect(list(after, isDoubtful)).toEqual(before);
    expect(unlisted.size).toBe(before.length - after.length);
    expect(warnings).toEqual([expect.stringMatching(/^Consul came back without the settings? /)]);
  });

  it("stay until each is written again, key by key", () => {
    const { list, unlisted } = follow(["a", "b", "c"]);
    list([]);
    expect([list(["b"]), unlisted.size]).toEqual([["a", "b", "c"], 2]);
    expect([list(["a", "b"]), unlisted.size]).toEqual([["a", "b", "c"], 1]);
    expect([list(["a", "b", "c"]), unlisted.size]).toEqual([["a", "b", "c"], 0]);
  });

  it("say what was written again, not what was lost", () => {
    const { list, unlisted } = follow(["a", "b"]);
    list([]);
    expect(unlisted.take(new Map([["a", "2"]]), false).get("a")).toBe("2");
  });

  it("can be deleted again once they were written again", () => {
    const { list } = follow(["a", "b", "c"]);
    list([]);
    list(["a", "b"]);
    expect(list(["a"])).toEqual(["a", "c"]);
  });

  it("go when their time is over, and that is told", async () => {
    const { list, over, keys, expiries, warnings } = follow(["a", "b"]);
    list([]);
    list(["a"]);
    await over();
    expect([keys(), expiries()]).toEqual([["a"], 1]);
    expect(warnings.at(-1)).toMatch(/^the setting b not written again/);
  });

  it("have their own time when they were written again and lost again", async () => {
    const { list, keys, expiries, over, unlisted } = follow(["a", "b"]);
    list([]);
    const firstOver = over();
    list(["a", "b"]);
    list([]);
    await firstOver;
    expect([keys(), expiries()]).toEqual([["a", "b"], 0]);
    await over();
    expect([keys(), expiries(), unlisted.size]).toEqual([[], 1, 0]);
  });

  it("are not spoken of after the end", async () => {
    const { list, over, unlisted, expiries } = follow(["a", "b"]);
    list([]);
    unlisted.stop();
    await over();
    expect(expiries()).toBe(0);
  });
});
