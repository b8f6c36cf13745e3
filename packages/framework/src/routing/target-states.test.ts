import { describe, expect, it } from "vitest";
import { createTargetStates } from "./target-states.js";

/** States are numbered as they are made; discovery knows what is in `registered`. */
function makeStates(registered: string[] = []) {
  const known = new Set(registered);
  const forgotten: string[] = [];
  const dropped: string[] = [];
  let made = 0;
  const stateOf = createTargetStates({
    directory: { isKnown: (target) => known.has(target), forget: (target) => void forgotten.push(target) },
    create: () => {
      made += 1;
      return made;
    },
    onForget: (target) => void dropped.push(target),
    maxStrangers: 2,
  });
  return { stateOf, known, forgotten, dropped };
}

describe("what is kept of targets", () => {
  it("stays for as long as discovery knows them, however many they are", () => {
    const targets = ["a", "b", "c", "d"];
    const { stateOf, forgotten } = makeStates(targets);
    expect([...targets, ...targets].map(stateOf)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    expect(forgotten).toEqual([]);
  });

  it("is dropped of names that nobody registered, but for the latest", () => {
    const { stateOf, forgotten, dropped } = makeStates(["real"]);
    expect(["real", "x", "y", "z", "x"].map(stateOf)).toEqual([1, 2, 3, 4, 5]);
    expect([forgotten, dropped]).toEqual([
      ["x", "y"],
      ["x", "y"],
    ]);
    expect(["real", "z", "x"].map(stateOf)).toEqual([1, 4, 5]);
  });

  it("stays of a name that was registered after its first call", () => {
    const { stateOf, known, forgotten } = makeStates();
    stateOf("later");
    known.add("later");
    for (const made of ["x", "y", "z"]) stateOf(made);
    expect(stateOf("later")).toBe(1);
    expect(forgotten).toEqual(["x"]);
  });
});
