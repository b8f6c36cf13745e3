import type { Schema } from "./schema.js";

/** A schema in JSON Schema 2020-12, which OpenAPI 3.1 uses as it is. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * What a schema says, in JSON Schema, if its library can say it (Standard JSON Schema) and JSON Schema has words for
 * it; `undefined` for a schema that stays untyped to whoever is not in this code base.
 */
export function jsonSchemaOf(schema: Schema, side: "input" | "output"): JsonSchema | undefined {
  const { jsonSchema } = schema["~standard"];
  try {
    const said = jsonSchema?.[side]({ target: "draft-2020-12" });
    if (said === undefined) return undefined;
    // Where it is put says which draft it is.
    const { $schema: _, "~standard": __, ...rest } = said;
    return rest;
  } catch {
    return undefined;
  }
}

/** Whether a schema of an object names this field. */
export function hasField(schema: JsonSchema | undefined, name: string): boolean {
  const { properties } = schema ?? {};
  return typeof properties === "object" && properties !== null && Object.hasOwn(properties, name);
}
