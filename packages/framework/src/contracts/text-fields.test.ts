import { describe, expect, it } from "vitest";
import { z } from "zod";
import { jsonSchemaOf } from "./json-schema.js";
import { textFieldReader } from "./text-fields.js";

const input = z.object({
  limit: z.number().optional(),
  page: z.int().default(1),
  all: z.boolean(),
  ids: z.array(z.number()),
  tags: z.array(z.string()),
  name: z.string(),
});
const read = textFieldReader(jsonSchemaOf(input, "input"));

describe("textFieldReader", () => {
  it("reads texts as the types that the schema says", () => {
    expect(read({ limit: "2.5", page: "3", all: "true", ids: ["1", "2"], tags: "one", name: "7" })).toEqual({
      limit: 2.5,
      page: 3,
      all: true,
      ids: [1, 2],
      tags: ["one"],
      name: "7",
    });
  });

  it.each([
    ["limit", "much"],
    ["limit", ""],
    ["limit", "Infinity"],
    ["all", "yes"],
    ["unknown", "1"],
  ])("leaves %s as the text %j", (name, text) => {
    expect(read({ [name]: text })).toEqual({ [name]: text });
  });

  it("leaves everything as it is without a schema", () => {
    expect(textFieldReader(undefined)({ limit: "1" })).toEqual({ limit: "1" });
  });
});
