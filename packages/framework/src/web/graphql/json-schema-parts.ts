import type { JsonSchema } from "../../contracts/index.js";

/** Objects that hold at once, as one; nothing when one of them is no object. */
export function merged(parts: readonly unknown[], root: JsonSchema): JsonSchema | undefined {
  const found = parts.map((part) =>
    isRecord(part) && typeof part.$ref === "string" ? referredTo(part.$ref, root) : part,
  );
  const objects = found.filter(isRecord);
  const isPlain = ({ type = "object", allOf, anyOf, oneOf }: JsonSchema) =>
    type === "object" && [allOf, anyOf, oneOf].every((each) => each === undefined);
  if (objects.length < parts.length || !objects.every(isPlain)) return undefined;
  return {
    ...Object.assign({}, ...objects),
    allOf: undefined,
    type: "object",
    properties: Object.assign({}, ...objects.map(({ properties }) => properties)),
    required: objects.flatMap(({ required }) => (Array.isArray(required) ? required : [])),
  };
}

/** What a reference within a schema means; nothing for those to anywhere else. */
export function referredTo($ref: string, root: JsonSchema): unknown {
  if ($ref === "#") return root;
  const [, place, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec($ref) ?? [];
  const kept = place === undefined ? undefined : root[place];
  return isRecord(kept) && name !== undefined && Object.hasOwn(kept, name) ? kept[name] : undefined;
}

/** Names that a library made up by itself tell nothing. */
export function nameIn($ref: string): string | undefined {
  const name = $ref.split("/")[2];
  return name === undefined || name.startsWith("__") ? undefined : name;
}

export function titleOf({ title }: JsonSchema): string | undefined {
  return typeof title === "string" && title !== "" ? title.slice(0, 64) : undefined;
}

export function descriptionOf(schema: unknown): string | undefined {
  return isRecord(schema) && typeof schema.description === "string" ? schema.description : undefined;
}

/** Equal for schemas that say the same; what one refers to belongs to what it says. */
export function keyOf(schema: JsonSchema, root: JsonSchema): string {
  const own = JSON.stringify(schema, sorted);
  return own.includes('"$ref":') ? `${own} ${JSON.stringify(root, sorted)}` : own;
}

function sorted(key: string, value: unknown): unknown {
  if (!isRecord(value) || key === "default") return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
