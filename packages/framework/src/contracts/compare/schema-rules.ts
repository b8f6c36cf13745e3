import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../json-schema.js";

/** Something that one schema allows and the other does not. */
export interface NotAllowed {
  /** Where in the value: `address.0.street`, or "" for the whole of it. */
  readonly path: string;
  readonly text: string;
}

/** One step of a comparison. */
export interface Step {
  readonly path: string;
  readonly isTolerant: boolean;
  /** Compares two parts; an absent one allows everything. */
  go(inner: unknown, outer: unknown, path: string): NotAllowed[];
}

/** What `inner` allows and `outer` does not, as far as some keywords tell. */
type Rule = (inner: JsonSchema, outer: JsonSchema, step: Step) => NotAllowed[];

/** `anyOf`, `oneOf` and `allOf`; undefined when neither has any. */
export function alternatives(inner: JsonSchema, outer: JsonSchema, { path, go }: Step): NotAllowed[] | undefined {
  const { anyOf, oneOf, allOf, ...others } = inner;
  const ofInner = branchesOf(anyOf ?? oneOf);
  if (ofInner) return ofInner.flatMap((branch) => go({ ...others, ...(branch as object) }, outer, path));
  const ofOuter = branchesOf(outer.anyOf ?? outer.oneOf);
  if (ofOuter) {
    const isAllowed = ofOuter.some((branch) => go(inner, branch, path).length === 0);
    return isAllowed ? [] : [{ path, text: "is none of the alternatives any more" }];
  }
  if (branchesOf(outer.allOf)) {
    const { allOf: needed, ...rest } = outer;
    return [...(branchesOf(needed) ?? []), rest].flatMap((branch) => go(inner, branch, path));
  }
  const together = branchesOf(allOf);
  return together && go(Object.assign({}, others, ...together), outer, path);
}

function branchesOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

const types: Rule = (inner, outer, { path }) => {
  const allowed = typesOf(outer);
  if (!allowed) return [];
  const given = typesOf(inner) ?? valuesOf(inner)?.map(typeOf);
  const isAllowed = (type: string) => allowed.includes(type) || (type === "integer" && allowed.includes("number"));
  const others = given?.filter((type) => !isAllowed(type));
  if (others?.length === 0) return [];
  return [{ path, text: `is ${others?.join(" or ") ?? "anything"}, not ${allowed.join(" or ")}` }];
};

const values: Rule = (inner, outer, { path }) => {
  const allowed = valuesOf(outer);
  if (!allowed) return [];
  const given = valuesOf(inner);
  if (!given) return [{ path, text: `may be more than ${shown(allowed)}` }];
  const others = given.filter((value) => !allowed.some((one) => isDeepStrictEqual(one, value)));
  return others.length === 0 ? [] : [{ path, text: `may be ${shown(others)}` }];
};

const lowest = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const highest = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

const bounds: Rule = (inner, outer, { path }) => {
  // A value that is listed was compared by itself.
  if (valuesOf(inner)) return [];
  const beyond = (keyword: string, isWithin: (given: number, wanted: number) => boolean) => {
    const [given, wanted] = [inner[keyword], outer[keyword]];
    if (typeof wanted !== "number" || (typeof given === "number" && isWithin(given, wanted))) return [];
    return [{ path, text: `${keyword} is ${given ?? "not set"}, not ${wanted}` }];
  };
  return [
    ...lowest.flatMap((keyword) => beyond(keyword, (given, wanted) => given >= wanted)),
    ...highest.flatMap((keyword) => beyond(keyword, (given, wanted) => given <= wanted)),
  ];
};

const fields: Rule = (inner, outer, { path, isTolerant, go }) => {
  const [given, wanted] = [propertiesOf(inner), propertiesOf(outer)];
  const [always, needed] = [requiredOf(inner), requiredOf(outer)];
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const problems = needed
    .filter((name) => !always.includes(name))
    .map((name) => ({ path: at(name), text: "may be missing" }));
  for (const [name, schema] of given) {
    if (wanted.has(name)) problems.push(...go(schema, wanted.get(name), at(name)));
    else if (outer.additionalProperties === false) {
      if (!isTolerant) problems.push({ path: at(name), text: "is not known" });
    } else problems.push(...go(schema, outer.additionalProperties, at(name)));
  }
  // Fields that neither names are compared only where both say what they are.
  const [others, wantedOthers] = [inner.additionalProperties, outer.additionalProperties];
  if (typeof wantedOthers === "object" && others !== false) problems.push(...go(others, wantedOthers, at("*")));
  return problems;
};

const items: Rule = (inner, outer, { path, go }) => {
  const at = (index: number | string) => (path === "" ? String(index) : `${path}.${index}`);
  const wanted = branchesOf(outer.prefixItems) ?? [];
  const given = branchesOf(inner.prefixItems) ?? [];
  const problems = wanted.flatMap((schema, index) => go(given[index] ?? inner.items, schema, at(index)));
  return outer.items === undefined || inner.items === false
    ? problems
    : [...problems, ...go(inner.items, outer.items, at("*"))];
};

const compared = [...lowest, ...highest, "type", "const", "enum", "properties", "required", "additionalProperties"];
const more = ["items", "prefixItems", "anyOf", "oneOf", "allOf", "$defs", "definitions", "$ref"];
// They are for people, or say what an absent value stands for.
const notes = ["title", "description", "default", "examples", "example", "deprecated", "$comment", "id", "$id"];
const elsewhere: ReadonlySet<string> = new Set([...compared, ...more, ...notes]);

/** What no rule knows must be the same: better a false alarm than a broken caller. */
const others: Rule = (inner, outer, { path }) =>
  Object.keys(outer)
    .filter((keyword) => !elsewhere.has(keyword) && !keyword.startsWith("x-"))
    .filter((keyword) => !isDeepStrictEqual(inner[keyword], outer[keyword]))
    .map((keyword) => ({ path, text: `${keyword} is ${shown([inner[keyword]])}, not ${shown([outer[keyword]])}` }));

export const schemaRules: readonly Rule[] = [types, values, bounds, fields, items, others];

function typesOf({ type }: JsonSchema): readonly string[] | undefined {
  return typeof type === "string" ? [type] : Array.isArray(type) ? type : undefined;
}

function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if ("const" in schema) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function propertiesOf({ properties }: JsonSchema): ReadonlyMap<string, unknown> {
  return new Map(typeof properties === "object" && properties !== null ? Object.entries(properties) : []);
}

function requiredOf({ required }: JsonSchema): readonly string[] {
  return Array.isArray(required) ? required : [];
}

function shown(some: readonly unknown[]): string {
  return some.map((value) => JSON.stringify(value) ?? "not set").join(", ");
}
