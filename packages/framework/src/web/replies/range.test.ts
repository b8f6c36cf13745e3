import { describe, expect, it } from "vitest";
import { readRange } from "./range.js";

describe("a Range header, of 100 bytes", () => {
  it.each([
    ["bytes=0-0", { first: 0, last: 0 }],
    ["bytes=10-19", { first: 10, last: 19 }],
    ["bytes=90-", { first: 90, last: 99 }],
    ["bytes=-5", { first: 95, last: 99 }],
    ["bytes=-500", { first: 0, last: 99 }],
    ["bytes=50-5000", { first: 50, last: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-2", undefined],
    ["bytes=0-1,5-6", undefined],
    ["bytes=-", undefined],
    ["lines=0-1", undefined],
    ["", undefined],
  ])("%j asks for %j", (header, range) => {
    expect(readRange(header, 100)).toEqual(range);
  });

  it("asks for nothing of what is empty", () => {
    expect(readRange("bytes=0-", 0)).toBe("unsatisfiable");
  });
});
