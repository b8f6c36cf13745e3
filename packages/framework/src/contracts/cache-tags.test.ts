import { expect, it } from "vitest";
import { expectTags, fillTags } from "./cache-tags.js";

it("fills fields into tags, and leaves out a tag whose field is not there", () => {
  const tags = ["users", "user:{id}", "{kind}:{id}"];
  expect(fillTags(tags, { id: 7, kind: "admin" })).toEqual(["users", "user:7", "admin:7"]);
  expect(fillTags(tags, { id: "7" })).toEqual(["users", "user:7"]);
  expect(fillTags(tags, { id: null })).toEqual(["users"]);
  expect(fillTags(["{constructor}", "a"], undefined)).toEqual(["a"]);
});

it.each(["", "user:{", "user:{a b}", "{}", 7])("refuses %j as a tag", (tag) => {
  expect(() => expectTags("tags", [tag as string])).toThrow(expect.objectContaining({ reason: "bad_option" }));
});
