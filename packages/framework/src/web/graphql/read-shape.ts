import type { JsonSchema } from "../../contracts/index.js";
import { descriptionOf, isRecord, keyOf, merged, nameIn, referredTo, titleOf } from "./json-schema-parts.js";

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
