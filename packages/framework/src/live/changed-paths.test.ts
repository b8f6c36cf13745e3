import { expect, it } from "vitest";
import { changedPaths } from "./changed-paths.js";

it("names the fields that differ by their paths, and no values", () => {
  const before = { pageSize: 20, login: { perMinute: 5, key: "old" }, hosts: ["a"], same: { deep: [1] } };
  const after = { pageSize: 50, login: { perMinute: 5, key: "new" }, hosts: ["a", "b"], same: { deep: [1] }, added: 1 };
  expect(changedPaths(before, after)).toEqual(["added", "hosts", "login.key", "pageSize"]);
});

it("takes what is no object for one", () => {
  expect(changedPaths(1, 2)).toEqual(["(all)"]);
  expect(changedPaths({ a: { b: 1 } }, { a: null })).toEqual(["a"]);
  expect(changedPaths({ a: [] }, { a: [] })).toEqual([]);
});
