import { describe, expect, it } from "vitest";
import { NumberTable } from "./number-table.js";

describe("a table of numbers", () => {
  it("does what a map does, whatever numbers come and go", () => {
    const table = new NumberTable<string>(4);
    const map = new Map<number, string>();
    let state = 7;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    for (let step = 0; step < 50_000; step++) {
      const id = [1 + (step % 4_000), 1 + random(40), 4_294_967_295 - random(3), 1 + random(4) * 256][
        random(4)
      ] as number;
      if (random(2) === 0 && !map.has(id)) {
        table.set(id, `call ${step}`);
        map.set(id, `call ${step}`);
      } else {
        table.delete(id);
        map.delete(id);
      }
      expect(table.get(id)).toBe(map.get(id));
      expect(table.has(id)).toBe(map.has(id));
    }
    expect(table.size).toBe(map.size);
    expect(table.entries()).toEqual([...map].sort(([one], [other]) => one - other));
  });

  it("finds nothing under a number that was never given", () => {
    const table = new NumberTable<string>();
    expect([table.get(0), table.get(1), table.has(257)]).toEqual([undefined, undefined, false]);
    table.delete(5);
    expect(table.size).toBe(0);
  });
});
