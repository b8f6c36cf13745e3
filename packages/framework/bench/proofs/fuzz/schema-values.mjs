// Values for a JSON Schema: right ones, and ones that are off in a single place.
import { oddKeys, oddTexts } from "./mutations.mjs";

/**
 * @param {ReturnType<typeof import("./random.mjs").createRandom>} random
 * @param {(reference: string) => object} resolve what a `$ref` refers to
 * @param {() => string} oddJson any JSON
 */
export function createSchemaValues({ below, chance, pick }, resolve, oddJson) {
  /** Made so that the schema takes it. */
  function right(given) {
    const schema = given?.$ref ? resolve(given.$ref) : (given ?? {});
    if (schema.enum) return pick(schema.enum);
    if (schema.anyOf) return right(pick(schema.anyOf));
    switch ([schema.type].flat()[0]) {
      case "integer":
        return wholeNumber(schema);
      case "number":
        return wholeNumber(schema) + 0.5;
      case "boolean":
        return chance(0.5);
      case "array":
        return Array.from({ length: below(Math.min(schema.maxItems ?? 4, 4) + 1) }, () => right(schema.items));
      case "object":
        return object(schema);
      case "null":
        return null;
      default:
        return text(schema);
    }
  }

  function wholeNumber({ minimum = 0, maximum = minimum + 1_000 }) {
    const lowest = Math.max(minimum, -1_000);
    return lowest + below(Math.min(maximum, lowest + 1_000) - lowest);
  }

  function text({ format, pattern, minLength = 1, maxLength = 20 }) {
    if (format === "date-time") return "2026-01-31T12:00:00Z";
    if (pattern) return "12345";
    return "abcdefghij klmnopqrst".slice(0, Math.max(minLength, below(Math.min(maxLength, 20) + 1)));
  }

  function object({ properties = {}, required = [] }) {
    const names = Object.keys(properties).filter((name) => required.includes(name) || chance(0.5));
    return Object.fromEntries(names.map((name) => [name, right(properties[name])]));
  }

  /** A right value in which one thing is odd: another type, another member, a key that reaches a prototype. As JSON. */
  function odd(schema) {
    const value = right(schema);
    if (typeof value !== "object" || value === null || Array.isArray(value) || chance(0.2)) return oddJson();
    const names = Object.keys(value);
    const members = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(value[name])}`);
    const name = chance(0.6) && names.length > 0 ? pick(names) : pick(chance(0.5) ? oddKeys : oddTexts);
    members.splice(below(members.length + 1), chance(0.5) ? 1 : 0, `${JSON.stringify(name)}:${oddJson()}`);
    return `{${members.join(",")}}`;
  }

  return { right, odd };
}
