import { describe, expect, it } from "vitest";
import type { Instance } from "../discovery/index.js";
import { createPicker, versionsFor } from "./picker.js";

function instance(id: string, version: string, port: number | null = 1): Instance {
  return {
    id,
    target: "t",
    version,
    host: "h",
    httpPort: 1,
    endpoint: port === null ? null : { host: "h", port, protocols: [] },
    description: undefined,
    zone: undefined,
  };
}
const everyOne = () => false;

describe("versionsFor", () => {
  const alive = ["3.0.0-beta.1", "2.1.0", "2.0.0", "1.0.0"];
  it.each([
    [undefined, ["2.1.0"]],
    ["1.0.0", ["1.0.0"]],
    ["^2.0.0", ["2.1.0", "2.0.0"]],
    ["2", ["2.1.0", "2.0.0"]],
    [">=1", ["2.1.0", "2.0.0", "1.0.0"]],
    ["3.0.0-beta.1", ["3.0.0-beta.1"]],
    ["^9", []],
  ])("%s means %j", (range, expected) => {
    expect(versionsFor(alive, range)).toEqual(expected);
  });

  it("gives a prerelease without being asked only when there is nothing else", () => {
    expect(versionsFor(["1.0.0-rc.1"], undefined)).toEqual(["1.0.0-rc.1"]);
  });
});

describe("a picker", () => {
  it("takes turns among the instances that fit", () => {
    const picker = createPicker([instance("a", "1.0.0"), instance("b", "1.0.0"), instance("c", "2.0.0")]);
    const picked = [1, 2, 3, 4].map(() => picker.pick("^1.0.0", everyOne)?.id);
    expect(picked.sort()).toEqual(["a", "a", "b", "b"]);
  });

  it("passes over instances to avoid", () => {
    const picker = createPicker([instance("a", "1.0.0"), instance("b", "1.0.0")]);
    const picked = [1, 2, 3].map(() => picker.pick(undefined, ({ id }) => id === "a")?.id);
    expect(picked).toEqual(["b", "b", "b"]);
  });

  it("gives one to avoid rather than none", () => {
    expect(createPicker([instance("a", "1.0.0")]).pick(undefined, () => true)?.id).toBe("a");
  });

  it("has nothing for a version that nobody runs", () => {
    expect(createPicker([instance("a", "1.0.0")]).pick("^2", everyOne)).toBeUndefined();
    expect(createPicker([]).pick(undefined, everyOne)).toBeUndefined();
  });

  it("leaves out instances that answer no calls", () => {
    expect(createPicker([instance("gateway", "1.0.0", null)]).pick(undefined, everyOne)).toBeUndefined();
  });
});
