import {
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLList,
  GraphQLNonNull,
} from "graphql";
import type { JsonSchema } from "../../contracts/index.js";
import { memberName, oneOf, pascal } from "./names.js";
import { type ObjectShape, type PlacedShape, readShape, type ShapeField } from "./read-shape.js";
import { jsonScalar } from "./scalars.js";
import { leafOf, namesOf, type Place, type SharedTypes } from "./schema-types.js";

/** An action's input as arguments of a field. */
export interface Arguments {
  readonly config: GraphQLFieldConfigArgumentMap;
  /** The input that the arguments mean. */
  read(given: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

export interface InputTypes {
  /**
   * @param input undefined for one that its contract can't tell
   * @param place names the types of its fields
   * @param without fields that are given otherwise
   */
  argumentsOf(input: JsonSchema | undefined, place: Place, without?: ReadonlySet<string>): Arguments;
}

/** A type, and how its values become what the contract calls them. */
interface ReadType {
  readonly type: GraphQLInputType;
  read(value: unknown): unknown;
}

interface Member extends ReadType {
  /** As the contract names it. */
  readonly of: string;
  readonly isNullable: boolean;
}

const asItIs = (value: unknown): unknown => value;

export function createInputTypes(shared: SharedTypes): InputTypes {
  const objects = new Map<string, ReadType>();

  function typeOf({ shape }: PlacedShape, place: Place): ReadType {
    switch (shape.kind) {
      case "list": {
        const { type, read } = typeOf(shape.item, { ...place, names: place.names.map(oneOf) });
        const items = new GraphQLList(shape.item.isNullable ? type : new GraphQLNonNull(type));
        return { type: items, read: (value) => (Array.isArray(value) ? value.map(read) : value) };
      }
      case "object":
        return objectOf(shape, place);
      case "union":
        // An input has no unions; its service says what is wrong with it.
        return { type: jsonScalar, read: asItIs };
      case "json":
      case "scalar":
      case "enum":
        return { type: leafOf(shape, place, shared), read: asItIs };
    }
  }

  function objectOf(shape: ObjectShape, place: Place): ReadType {
    const key = JSON.stringify([place.target, shape.key]);
    const known = objects.get(key);
    if (known) return known;
    const names = namesOf(shape, place).map((name) => (name.endsWith("Input") ? name : `${name}Input`));
    const name = shared.claim(names);
    let members: ReadonlyMap<string, Member> | undefined;
    const read = () => {
      members ??= membersOf(shape.fields, { ...place, names: [name.replace(/Input$/, "")] });
      return members;
    };
    const type = new GraphQLInputObjectType({
      name,
      description: shape.description,
      fields: () => configOf(shape.fields, read()),
    });
    const made: ReadType = { type, read: (value) => readMembers(value, read()) };
    objects.set(key, made);
    return made;
  }

  function membersOf(fields: readonly ShapeField[], { target, names: [own = ""] }: Place): ReadonlyMap<string, Member> {
    const members = new Map<string, Member>();
    for (const field of fields) {
      const name = memberName(field.name);
      if (members.has(name)) continue;
      const placed = field.read();
      const read = typeOf(placed, { target, names: [own + pascal(field.name)] });
      members.set(name, { ...read, of: field.name, isNullable: placed.isNullable });
    }
    return members;
  }

  return {
    argumentsOf(input, place, without = new Set()) {
      if (!input) return oneArgument(false);
      const { shape } = readShape(input, input);
      if (shape.kind !== "object")
        return input.type === "object" && !input.additionalProperties ? none : oneArgument(input.type !== "object");
      const fields = shape.fields.filter(({ name }) => !without.has(name));
      const members = membersOf(fields, place);
      return {
        config: configOf(fields, members),
        read: (given) => readMembers(given, members) as Record<string, unknown>,
      };
    },
  };
}

function configOf(
  fields: readonly ShapeField[],
  members: ReadonlyMap<string, Member>,
): GraphQLInputFieldConfigMap & GraphQLFieldConfigArgumentMap {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const entries = [...members].map(([name, { of, type, isNullable }]) => {
    const { isRequired = false, description } = byName.get(of) ?? {};
    return [name, { type: isRequired && !isNullable ? new GraphQLNonNull(type) : type, description }] as const;
  });
  return Object.fromEntries(entries);
}

/** Null for what may not be null is as if it were left out, which is how clients leave variables out. */
function readMembers(given: unknown, members: ReadonlyMap<string, Member>): unknown {
  const input: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given as object)) {
    const member = members.get(name);
    if (!member || (value === null && !member.isNullable)) continue;
    input[member.of] = value === null ? null : member.read(value);
  }
  return input;
}

const none: Arguments = { config: {}, read: () => ({}) };

/** For an input that GraphQL can't take apart. */
function oneArgument(isRequired: boolean): Arguments {
  const type = isRequired ? new GraphQLNonNull(jsonScalar) : jsonScalar;
  return {
    config: { input: { type, description: "The fields of the input" } },
    read: ({ input }) => {
      if (typeof input !== "object" || input === null || Array.isArray(input)) return {};
      // What chooses the service, and what steers it, is not for clients to say.
      return Object.fromEntries(Object.entries(input).filter(([name]) => !name.includes("$")));
    },
  };
}
