import type { JsonSchema } from "../../contracts/index.js";

/** What GraphQL can say of a JSON Schema; `json` is everything that it has no words for. */
export type Shape =
  | { readonly kind: "json" }
  | { readonly kind: "scalar"; readonly name: ScalarName }
  | { readonly kind: "enum"; readonly title: string | undefined; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly item: PlacedShape }
  | ObjectShape
  | { readonly kind: "union"; readonly title: string | undefined; readonly members: readonly ObjectShape[] };

export interface ObjectShape {
  readonly kind: "object";
  /** As its author named it. */
  readonly title: string | undefined;
  readonly description: string | undefined;
  /** Equal for equal objects. */
  readonly key: string;
  readonly fields: readonly ShapeField[];
}

export interface ShapeField {
  readonly name: string;
  readonly description: string | undefined;
  readonly isRequired: boolean;
  /** Read when asked for, since an object may hold its like. */
  read(): PlacedShape;
}

/** A shape where it stands. */
export interface PlacedShape {
  readonly shape: Shape;
  readonly isNullable: boolean;
}

export type ScalarName = "String" | "Int" | "SafeInt" | "Float" | "Boolean" | "DateTime" | "Date";

const anything: PlacedShape = { shape: { kind: "json" }, isNullable: true };
const nothing: PlacedShape = { ...anything };

/** References to references and choices of choices end here. */
const mostSteps = 32;

/** @param root what references are relative to */
export function readShape(schema: unknown, root: JsonSchema, steps = 0): PlacedShape {
  if (!isRecord(schema) || steps > mostSteps) return anything;
  const next = (inner: unknown) => readShape(inner, root, steps + 1);
  const { $ref, anyOf, oneOf, allOf, type, enum: values, const: only } = schema;
  if (typeof $ref === "string") {
    const found = referredTo($ref, root);
    return next(isRecord(found) && { title: nameIn($ref), ...found });
  }
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return choiceOf(choices.map(next), titleOf(schema));
  if (Array.isArray(allOf)) return next(merged([{ ...schema, allOf: undefined }, ...allOf], root));
  if (Array.isArray(type)) {
    const [one, ...others] = type.filter((each) => each !== "null");
    if (one === undefined || others.length > 0) return anything;
    return { shape: next({ ...schema, type: one }).shape, isNullable: others.length + 1 < type.length };
  }
  const texts = Array.isArray(values) ? values : only === undefined ? [] : [only];
  if (texts.length > 0 && texts.every((text) => typeof text === "string"))
    return always({ kind: "enum", title: titleOf(schema), values: texts });
  switch (type) {
    case "null":
      return nothing;
    case "object":
      return always(objectOf(schema, root));
    case "array":
      return always({ kind: "list", item: "prefixItems" in schema ? anything : next(schema.items) });
    case "string":
    case "boolean":
    case "number":
    case "integer":
      return always({ kind: "scalar", name: scalarOf(type, schema) });
    default:
      return anything;
  }
}

function always(shape: Shape): PlacedShape {
  return { shape, isNullable: false };
}

function objectOf(schema: JsonSchema, root: JsonSchema): Shape {
  const named = isRecord(schema.properties) ? Object.entries(schema.properties) : [];
  // Directives are for processes to give each other, and a prototype is for nobody to give.
  const properties = named.filter(([name]) => !name.includes("$") && name !== "__proto__");
  if (properties.length === 0) return { kind: "json" };
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = properties.map(([name, property]) => ({
    name,
    description: descriptionOf(property),
    isRequired: required.has(name),
    read: once(() => readShape(property, root)),
  }));
  const key = once(() => keyOf(schema, root));
  return {
    kind: "object",
    title: titleOf(schema),
    description: descriptionOf(schema),
    get key() {
      return key();
    },
    fields,
  };
}

/** The same again for who asks again. */
function once<Value extends object | string>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function choiceOf(choices: readonly PlacedShape[], title: string | undefined): PlacedShape {
  const others = choices.filter((choice) => choice !== nothing);
  const isNullable = others.length < choices.length || others.some((choice) => choice.isNullable);
  const shapes = others.flatMap(({ shape }): readonly Shape[] => (shape.kind === "union" ? shape.members : [shape]));
  const [first] = shapes;
  if (first && shapes.length === 1) return { shape: first, isNullable };
  if (shapes.length === 0) return nothing;
  if (shapes.every((shape) => shape.kind === "enum"))
    return { shape: { kind: "enum", title, values: [...new Set(shapes.flatMap(({ values }) => values))] }, isNullable };
  if (shapes.every((shape) => shape.kind === "object"))
    return { shape: { kind: "union", title, members: shapes }, isNullable };
  return anything;
}

/** Objects that hold at once, as one; nothing when one of them is no object. */
function merged(parts: readonly unknown[], root: JsonSchema): JsonSchema | undefined {
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

/** GraphQL's own Int has 32 bits. */
const mostOfInt = 2 ** 31 - 1;

function scalarOf(type: "string" | "boolean" | "number" | "integer", schema: JsonSchema): ScalarName {
  const { format, minimum, maximum } = schema;
  switch (type) {
    case "string":
      return format === "date-time" ? "DateTime" : format === "date" ? "Date" : "String";
    case "boolean":
      return "Boolean";
    case "number":
      return "Float";
    case "integer": {
      const isSmall = Number(minimum ?? -Infinity) >= -mostOfInt - 1 && Number(maximum ?? Infinity) <= mostOfInt;
      return isSmall ? "Int" : "SafeInt";
    }
  }
}

function referredTo($ref: string, root: JsonSchema): unknown {
  if ($ref === "#") return root;
  const [, place, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec($ref) ?? [];
  const kept = place === undefined ? undefined : root[place];
  return isRecord(kept) && name !== undefined && Object.hasOwn(kept, name) ? kept[name] : undefined;
}

/** Names that a library made up by itself tell nothing. */
function nameIn($ref: string): string | undefined {
  const name = $ref.split("/")[2];
  return name === undefined || name.startsWith("__") ? undefined : name;
}

function titleOf({ title }: JsonSchema): string | undefined {
  return typeof title === "string" && title !== "" ? title.slice(0, 64) : undefined;
}

function descriptionOf(schema: unknown): string | undefined {
  return isRecord(schema) && typeof schema.description === "string" ? schema.description : undefined;
}

function keyOf(schema: JsonSchema, root: JsonSchema): string {
  const own = JSON.stringify(schema, sorted);
  return own.includes('"$ref":') ? `${own} ${JSON.stringify(root, sorted)}` : own;
}

function sorted(key: string, value: unknown): unknown {
  if (!isRecord(value) || key === "default") return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
