import { describe, expect, it } from "vitest";
import { silentLogger } from "../core/index.js";
import { createSettingValues } from "./setting-values.js";

function valuesWithWarnings(prefix = "") {
  const warnings: string[] = [];
  const all = createSettingValues({ ...silentLogger, warn: (message) => warnings.push(message) }, prefix);
  const update = (texts: Record<string, string>) =>
    all.update(Object.entries(texts).map(([key, text]) => ({ key: `routes/${key}`, text })));
  return { values: { get: (key: string) => all.get(`routes/${key}`) }, all, update, warnings };
}

describe("setting values", () => {
  it("are what the JSON says, and gone with their key", () => {
    const { values, update } = valuesWithWarnings();
    expect(update({ a: '{"weight":1}', b: "2" })).toBe(true);
    expect([values.get("a"), values.get("b"), values.get("c")]).toEqual([{ weight: 1 }, 2, undefined]);
    expect(update({ a: '{"weight":1}' })).toBe(true);
    expect(values.get("b")).toBeUndefined();
  });

  it("stay the same object while they say the same, however it is written", () => {
    const { values, update } = valuesWithWarnings();
    update({ a: '{"weights":{"1.0.0":90}}', b: "1" });
    const before = values.get("a");
    expect(update({ a: '{ "weights": { "1.0.0": 90 } }', b: "1" })).toBe(false);
    expect(values.get("a")).toBe(before);
  });

  it("are frozen through and through", () => {
    const { values, update } = valuesWithWarnings();
    update({ a: '{"list":[{"deep":1}]}' });
    const { list } = values.get("a") as { list: { deep: number }[] };
    expect(() => list.push({ deep: 2 })).toThrow(TypeError);
    expect(() => Object.assign(list[0] as object, { deep: 2 })).toThrow(TypeError);
  });

  it("keep the last good one while the JSON is broken, and say so once", () => {
    const { values, all, update, warnings } = valuesWithWarnings();
    update({ a: "1" });
    expect(update({ a: "{" })).toBe(false);
    expect(all.problemOf("routes/a")).toBe("is not JSON");
    expect(update({ a: "{", b: "2" })).toBe(true);
    expect(values.get("a")).toBe(1);
    expect(warnings).toEqual(["the setting routes/a is not JSON; what it said before stays in use"]);
    update({ a: "3" });
    expect(values.get("a")).toBe(3);
    expect(all.problemOf("routes/a")).toBeUndefined();
  });

  it.each([
    ["{", "is not JSON"],
    ["", "is not JSON"],
    ["[".repeat(300) + "]".repeat(300), "is nested deeper than 100 levels"],
  ])("are nothing while nothing good was ever there", (text, problem) => {
    const { values, all, update, warnings } = valuesWithWarnings();
    update({ a: text });
    expect(values.get("a")).toBeUndefined();
    expect(warnings).toEqual([`the setting routes/a ${problem}; it is ignored`]);
    expect([all.problemOf("routes/a"), all.problemOf("routes/b")]).toEqual([problem, undefined]);
  });

  it("that nobody reads are told of once", () => {
    const { all, warnings } = valuesWithWarnings("vastify/");
    for (const text of ["1", "1", "2"]) all.update([{ key: "vastify/route/a", text }]);
    expect(warnings).toEqual([
      "nobody reads the setting vastify/route/a: its first part must be chaos, consumers, policies or routes",
    ]);
  });

  it("leave folders out", () => {
    const { update, warnings } = valuesWithWarnings();
    expect(update({ "vastify/": "", "vastify/routes/": "" })).toBe(false);
    expect(warnings).toEqual([]);
  });
});
