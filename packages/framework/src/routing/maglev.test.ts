import { describe, expect, it } from "vitest";
import { createHashTable, hashOf } from "./maglev.js";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `t@${i}`);
const keys = Array.from({ length: 10_000 }, (_, i) => `user-${i}`);
const placesIn = (members: readonly string[]) => {
  const table = createHashTable(members);
  return keys.map((key) => members[table[hashOf(key) % table.length] as number]);
};

describe("a hash table of instances", () => {
  it.each([1, 2, 5, 100])("gives each of %i its share of the keys, within a quarter", (count) => {
    const members = ids(count);
    const places = placesIn(members);
    for (const member of members.slice(0, 5)) {
      const share = places.filter((place) => place === member).length / keys.length;
      expect(Math.abs(share * count - 1)).toBeLessThan(count > 50 ? 0.5 : 0.25);
    }
  });

  it("moves few keys when a member leaves, beside its own", () => {
    const before = placesIn(ids(10));
    const after = placesIn(ids(9));
    const moved = before.filter((place, i) => place !== "t@9" && place !== after[i]).length;
    expect(moved / keys.length).toBeLessThan(0.1);
  });

  it("is the same wherever it is made", () => {
    expect(placesIn(ids(7))).toEqual(placesIn(ids(7)));
    expect(hashOf("Zoë")).toBe(hashOf("Zoë"));
  });
});
