import { expect, it } from "vitest";
import { lineDiff } from "./line-diff.js";

it("says nothing of texts that are the same", () => {
  expect(lineDiff("a\nb\n", "a\nb\n")).toBe("");
});

it("shows what is taken away and added, with two lines around it", () => {
  expect(lineDiff("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\nfour\n5\n6\n7")).toBe(" 2\n 3\n-4\n+four\n 5\n 6\n...");
});

it("shows changes that lie far apart as two", () => {
  expect(lineDiff("a\n1\n2\n3\n4\n5\n6\nz", "1\n2\n3\n4\n5\n6\nz\nmore")).toBe("-a\n 1\n 2\n...\n 6\n z\n+more");
});
