import { parseDurationMs } from "./duration.js";
import { Refusal } from "./refusal.js";

/** A JSON object as clients send it, read field by field; a field of the wrong kind is refused by name. */
export interface Fields {
  text(name: string): string;
  integer(name: string): number;
  flag(name: string): boolean;
  durationMs(name: string): number;
  texts(name: string): readonly string[];
  /** An object whose values are read by `read`. */
  map<T>(name: string, read: (value: unknown, name: string) => T): Readonly<Record<string, T>>;
  /** The object in this field, or nothing when it is absent, null or empty. */
  object(name: string, known: readonly string[]): Fields | undefined;
  objects(name: string, known: readonly string[]): readonly Fields[];
  has(name: string): boolean;
}

/** @throws Refusal 400 when `body` is not a JSON object */
export function decodeBody(body: Buffer, known: readonly string[]): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw badBody(body.length === 0 ? "EOF" : (error as Error).message);
  }
  return fieldsOf(value ?? {}, "body", known);
}

/** Names are matched as Consul does: without regard to case, and with or without underscores. */
function fieldsOf(value: unknown, place: string, known: readonly string[]): Fields {
  const names = new Map(known.map((name) => [plain(name), name]));
  const values = new Map<string, unknown>();
  for (const [key, field] of Object.entries(expectObject(value, place))) {
    const name = names.get(plain(key));
    if (name === undefined) throw badBody(`json: unknown field "${key}"`);
    if (field !== null) values.set(name, field);
  }
  const read = <T>(name: string, fallback: T, expect: (value: unknown, name: string) => T): T =>
    values.has(name) ? expect(values.get(name), name) : fallback;
  return {
    text: (name) => read(name, "", expectText),
    integer: (name) => read(name, 0, expectInteger),
    flag: (name) => read(name, false, expectFlag),
    durationMs: (name) => read(name, 0, expectDurationMs),
    texts: (name) => read(name, [], (list) => expectList(list, name).map((item) => expectText(item, name))),
    map: (name, readItem) =>
      read(name, {}, (object) =>
        Object.fromEntries(
          Object.entries(expectObject(object, name)).map(([key, item]) => [key, readItem(item, name)]),
        ),
      ),
    object: (name, inner) =>
      read<Fields | undefined>(name, undefined, (object) => {
        const isEmpty = Object.keys(expectObject(object, name)).length === 0;
        return isEmpty ? undefined : fieldsOf(object, name, inner);
      }),
    objects: (name, inner) =>
      read(name, [], (list) => expectList(list, name).map((item) => fieldsOf(item, name, inner))),
    has: (name) => values.has(name),
  };
}

export function expectText(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw wrongKind(value, name, "a string");
}

export function expectInteger(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw wrongKind(value, name, "an integer");
}

export function expectTexts(value: unknown, name: string): readonly string[] {
  return expectList(value, name).map((item) => expectText(item, name));
}

export function expectObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw wrongKind(value, name, "an object");
}

function expectFlag(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw wrongKind(value, name, "true or false");
}

function expectList(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrongKind(value, name, "an array");
}

function expectDurationMs(value: unknown, name: string): number {
  // A bare number counts nanoseconds, as in Go.
  if (typeof value === "number") return value / 1e6;
  const ms = parseDurationMs(expectText(value, name));
  if (ms === undefined) throw badBody(`time: invalid duration "${value}" in ${name}`);
  return ms;
}

function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

function wrongKind(value: unknown, name: string, expected: string): Refusal {
  const kind = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  return badBody(`json: ${name} must be ${expected}, got ${kind}`);
}

function badBody(problem: string): Refusal {
  return new Refusal(400, `Request decode failed: ${problem}`);
}
