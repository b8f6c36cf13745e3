import { GraphQLEnumType, type GraphQLScalarType } from "graphql";
import { memberName, typeName } from "./names.js";
import type { Shape } from "./read-shape.js";
import { jsonScalar, scalars } from "./scalars.js";

/** Where a type stands, which names it when its author did not. */
export interface Place {
  /** Whose it is: equal types of two services are two types. */
  readonly target: string;
  /** Names that it may have, the best first. */
  readonly names: readonly string[];
}

/** What inputs and outputs of one schema share. */
export interface SharedTypes {
  /** The first of the names that nobody has, or else the last with a number. */
  claim(names: readonly string[]): string;
  enumOf(shape: Extract<Shape, { kind: "enum" }>, place: Place): GraphQLEnumType | GraphQLScalarType;
}

// GraphQL takes these for what they say.
const reserved: ReadonlySet<string> = new Set(["true", "false", "null"]);

export function createSharedTypes(): SharedTypes {
  const taken = new Set<string>();
  const enums = new Map<string, GraphQLEnumType>();

  function claim(names: readonly string[]): string {
    const free = names.find((name) => !taken.has(name));
    let name = free ?? names.at(-1) ?? "Type";
    for (let number = 2; taken.has(name); number++) name = `${names.at(-1)}${number}`;
    taken.add(name);
    return name;
  }

  return {
    claim,
    enumOf(shape, place) {
      const { values } = shape;
      const byName = new Map(values.map((value) => [memberName(value), value]));
      // What tells the members of a union apart must be one type in all of them, or nobody can ask them all for it.
      if (values.length < 2) return scalars.String;
      // One of them has no name of its own.
      if (byName.size < values.length || [...byName.keys()].some((name) => reserved.has(name))) return scalars.String;
      const key = JSON.stringify([place.target, values]);
      const known = enums.get(key);
      if (known) return known;
      const members = [...byName].map(([name, value]) => [name, { value }] as const);
      const made = new GraphQLEnumType({ name: claim(namesOf(shape, place)), values: Object.fromEntries(members) });
      enums.set(key, made);
      return made;
    },
  };
}

/** What its author called it goes before what is made of its place. */
export function namesOf({ title }: { readonly title: string | undefined }, place: Place): readonly string[] {
  return title === undefined ? place.names : [typeName(place.target, title), ...place.names];
}

export function leafOf(
  shape: Exclude<Shape, { kind: "list" | "object" | "union" }>,
  place: Place,
  shared: SharedTypes,
): GraphQLEnumType | GraphQLScalarType {
  switch (shape.kind) {
    case "json":
      return jsonScalar;
    case "scalar":
      return scalars[shape.name];
    case "enum":
      return shared.enumOf(shape, place);
  }
}
