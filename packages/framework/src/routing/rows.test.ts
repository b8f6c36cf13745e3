import { expect, test } from "vitest";
import { createRows } from "./rows.js";

test("rows lie side by side and none writes over another, however many there are", () => {
  const newRow = createRows(3);
  const rows = Array.from({ length: 1_000 }, (_, index) => {
    const row = newRow();
    row.values.fill(index, row.at, row.at + 3);
    return row;
  });
  expect(rows[1]?.values).toBe(rows[0]?.values);
  for (const [index, { values, at }] of rows.entries())
    expect([...values.subarray(at, at + 3)]).toEqual([index, index, index]);
});

test("a row begins with zeros", () => {
  const { values, at } = createRows(2)();
  expect([values[at], values[at + 1]]).toEqual([0, 0]);
});
