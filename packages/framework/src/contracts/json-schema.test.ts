import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { jsonSchemaOf } from "./json-schema.js";

describe("jsonSchemaOf", () => {
  it("tells what zod takes and what it gives apart", () => {
    const schema = z.object({ limit: z.coerce.number().default(50) });
    expect(jsonSchemaOf(schema, "input")).toEqual({
      type: "object",
      properties: { limit: { type: "number", default: 50 } },
    });
    expect(jsonSchemaOf(schema, "output")).toMatchObject({ required: ["limit"] });
  });

  it("asks any library that speaks Standard JSON Schema", () => {
    const schema = toStandardJsonSchema(v.object({ id: v.string() }));
    expect(jsonSchemaOf(schema, "input")).toEqual({
      type: "object",
      properties: { id: { type: "string" } },
      required: ["id"],
    });
  });

  it("leaves untyped what a library can't say and what JSON Schema has no words for", () => {
    expect(jsonSchemaOf(v.object({ id: v.string() }), "input")).toBeUndefined();
    expect(jsonSchemaOf(z.object({ at: z.date() }), "output")).toBeUndefined();
  });
});
