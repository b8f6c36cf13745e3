import { describe, expect, it } from "vitest";
import { partitionOf } from "./work-queue.js";

describe("the partition of a key", () => {
  it("is the same in every process", () => {
    expect(["", "a", "order-7", "Zoë"].map((key) => partitionOf(key, 8))).toEqual([5, 4, 3, 7]);
  });

  it("spreads keys", () => {
    const partitions = Array.from({ length: 8_000 }, (_, n) => partitionOf(`order-${n}`, 8));
    for (let each = 0; each < 8; each++) expect(partitions.filter((it) => it === each).length).toBeGreaterThan(800);
  });
});
