import { isObject, type Json, objectOf, resolved } from "./openapi-operations.js";

/** Writes JSON Schemas of one document as TypeScript types. */
export interface SchemaTypes {
  /** The type of a schema; what it refers to becomes a type of its own. */
  typeOf(schema: unknown): string;
  /** The declarations of everything that was referred to. */
  declarations(): string[];
}

const simple: ReadonlyMap<unknown, string> = new Map([
  ["string", "string"],
  ["integer", "number"],
  ["number", "number"],
  ["boolean", "boolean"],
  ["null", "null"],
]);

export function createSchemaTypes(document: Json): SchemaTypes {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const declared = new Map<string, string>();

  function typeOf(given: unknown): string {
    if (given === false) return "never";
    if (!isObject(given)) return "unknown";
    const { $ref, enum: values, const: value, anyOf, oneOf, allOf, type } = given;
    if (typeof $ref === "string") return named($ref);
    if (value !== undefined) return literal(value);
    if (Array.isArray(values)) return union(values.map(literal));
    const either = anyOf ?? oneOf;
    if (Array.isArray(either)) return union(either.map(typeOf));
    if (Array.isArray(allOf)) return allOf.map((each) => `(${typeOf(each)})`).join(" & ");
    if (Array.isArray(type)) return union(type.map((one) => typeOf({ ...given, type: one })));
    if (type === "array") return arrayOf(given);
    if (type === "object") return objectType(given);
    return simple.get(type) ?? "unknown";
  }

  /** A type of its own, so that a schema may refer to itself. */
  function named($ref: string): string {
    const known = names.get($ref);
    if (known !== undefined) return known;
    const target = resolved(document, { $ref });
    if (!$ref.startsWith("#/") || target === undefined) return "unknown";
    const wanted = typeName($ref.replace("#/components/schemas/", ""));
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}${number}`;
    taken.add(name);
    names.set($ref, name);
    declared.set(name, "unknown");
    declared.set(name, typeOf(target));
    return name;
  }

  function arrayOf({ items, prefixItems }: Json): string {
    if (Array.isArray(prefixItems)) return `[${prefixItems.map(typeOf).join(", ")}]`;
    return `${bracketed(typeOf(items))}[]`;
  }

  function objectType({ properties, required, additionalProperties }: Json): string {
    const needed: readonly unknown[] = Array.isArray(required) ? required : [];
    const fields = Object.entries(objectOf(properties)).map(
      ([name, schema]) => `${JSON.stringify(name)}${needed.includes(name) ? "" : "?"}: ${typeOf(schema)}`,
    );
    const others = isObject(additionalProperties) ? `Record<string, ${typeOf(additionalProperties)}>` : undefined;
    if (fields.length === 0) return others ?? "Record<string, unknown>";
    const own = `{ ${fields.join("; ")} }`;
    return others === undefined ? own : `${own} & ${others}`;
  }

  return {
    typeOf,
    declarations: () => [...declared].map(([name, type]) => `export type ${name} = ${type};`),
  };
}

/** Whatever a text holds, a name that TypeScript takes. */
function typeName(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const name = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("");
  return /^[A-Z]/.test(name) ? name : `Type${name}`;
}

function literal(value: unknown): string {
  return typeof value === "object" && value !== null ? "unknown" : JSON.stringify(value);
}

function union(types: readonly string[]): string {
  const different = [...new Set(types)];
  return different.length === 0 ? "never" : different.join(" | ");
}

function bracketed(type: string): string {
  return /^[\w"]+$/.test(type) ? type : `(${type})`;
}
