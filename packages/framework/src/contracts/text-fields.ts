import type { JsonSchema } from "./json-schema.js";

/** Reads a field that a path or a query brought as text; gives it as it is where it can't be read as what is wanted. */
type ReadText = (text: unknown) => unknown;

/**
 * A path and a query bring texts, whatever the input wants: reads each of an input's fields as the type that its JSON
 * Schema says. What can't be read so stays a text, for the schema to refuse.
 */
export function textFieldReader(schema: JsonSchema | undefined): (fields: object) => Record<string, unknown> {
  const readers = new Map<string, ReadText>();
  const { properties } = schema ?? {};
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) {
    const read = readerOf(property);
    if (read) readers.set(name, read);
  }
  return (fields) => {
    const read: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) read[name] = readers.get(name)?.(value) ?? value;
    return read;
  };
}

function readerOf(schema: unknown): ReadText | undefined {
  if (!isObject(schema)) return undefined;
  switch (schema.type) {
    case "number":
    case "integer":
      return readNumber;
    case "boolean":
      return (text) => (text === "true" ? true : text === "false" ? false : text);
    case "array": {
      const readItem = readerOf(schema.items) ?? ((text: unknown) => text);
      // A key that stands once in a query is a list of one.
      return (text) => (Array.isArray(text) ? text : [text]).map(readItem);
    }
    default:
      return undefined;
  }
}

function readNumber(text: unknown): unknown {
  if (typeof text !== "string" || text.trim() === "") return text;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
