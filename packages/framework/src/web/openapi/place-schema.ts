import type { JsonSchema } from "../../contracts/index.js";

/** Keeps a schema among the document's components, and gives its reference. */
export type KeepSchema = (name: string, schema: JsonSchema) => Readonly<Record<string, unknown>>;

/**
 * A schema as it may stand inside another document: what it refers to in itself is found there, and references to
 * anywhere else are cut off, so that a service can't make the page's readers ask other hosts.
 * @param pointer where it is put, such as `#/components/schemas/User`
 */
export function placeSchema(schema: JsonSchema, pointer: string): JsonSchema {
  const place = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(place);
    if (typeof value !== "object" || value === null) return value;
    const placed: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) {
      if (key === "$id" || key === "$schema" || key === "$anchor") continue;
      if (key !== "$ref") placed[key] = place(inner);
      else if (typeof inner === "string" && inner.startsWith("#")) placed[key] = pointer + inner.slice(1);
    }
    return placed;
  };
  return place(schema) as JsonSchema;
}
