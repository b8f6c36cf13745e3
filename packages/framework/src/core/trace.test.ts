import { expect, it } from "vitest";
import { newTimedId, timeOfId } from "./trace.js";

it("makes ids that tell their time and sort by it", () => {
  const ids = [1, 1_700_000_000_000, 1_700_000_000_001].map((time) => newTimedId(time));
  expect(ids.map((id) => timeOfId(id)?.getTime())).toEqual([1, 1_700_000_000_000, 1_700_000_000_001]);
  expect([...ids].reverse().sort()).toEqual(ids);
});

it("makes UUIDs of version 7 without their dashes, each another", () => {
  const ids = new Set(Array.from({ length: 1_000 }, () => newTimedId(5)));
  expect(ids.size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^0000000000057[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
});

it.each(["order-7", "", newTimedId(Date.now() + 2 * 86_400_000), "4bf92f3577b34da6a3ce929d0e0e4736"])(
  "finds no time in %j",
  (id) => {
    expect(timeOfId(id)).toBeUndefined();
  },
);
