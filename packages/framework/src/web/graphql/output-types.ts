import {
  type GraphQLFieldConfigMap,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLUnionType,
} from "graphql";
import { memberName, oneOf, pascal } from "./names.js";
import type { OperationCalls } from "./operation-calls.js";
import type { ObjectShape, PlacedShape, Shape } from "./read-shape.js";
import { leafOf, namesOf, type Place, type SharedTypes } from "./schema-types.js";

export interface OutputPlace extends Place {
  /**
   * Whether every version that may answer promises the same. If not, fields may be missing, and one that is must not
   * take its object with it.
   */
  readonly isSure: boolean;
}

export type Fields = GraphQLFieldConfigMap<unknown, OperationCalls>;

export interface OutputTypes {
  /** Nullable: what can't be had takes nothing else with it. */
  typeOf(placed: PlacedShape, place: OutputPlace): GraphQLOutputType;
}

/** @param linkedFields what objects like this one lead to, besides their own fields */
export function createOutputTypes(
  shared: SharedTypes,
  linkedFields: (shape: ObjectShape, place: OutputPlace) => Fields,
): OutputTypes {
  const objects = new Map<string, GraphQLObjectType>();
  const unions = new Map<string, GraphQLUnionType>();

  function typeOf({ shape }: PlacedShape, place: OutputPlace): GraphQLOutputType {
    switch (shape.kind) {
      case "list": {
        const item = typeOf(shape.item, { ...place, names: place.names.map(oneOf) });
        return new GraphQLList(shape.item.isNullable ? item : new GraphQLNonNull(item));
      }
      case "object":
        return objectOf(shape, place);
      case "union":
        return unionOf(shape, place);
      case "json":
      case "scalar":
      case "enum":
        return leafOf(shape, place, shared);
    }
  }

  function objectOf(shape: ObjectShape, place: OutputPlace): GraphQLObjectType {
    const key = JSON.stringify([place.target, place.isSure, shape.key]);
    const known = objects.get(key);
    if (known) return known;
    const name = shared.claim(namesOf(shape, place));
    const made = new GraphQLObjectType({
      name,
      description: shape.description,
      fields: () => {
        const own = fieldsOf(shape, { ...place, names: [name] });
        // A link is no field of the object, and stands behind one that is.
        return { ...own, ...linkedFields(shape, place), ...own };
      },
    });
    objects.set(key, made);
    return made;
  }

  function fieldsOf({ fields }: ObjectShape, { target, isSure, names: [own = ""] }: OutputPlace): Fields {
    const made: Fields = {};
    for (const field of fields) {
      const name = memberName(field.name);
      if (Object.hasOwn(made, name)) continue;
      const placed = field.read();
      const type = typeOf(placed, { target, isSure, names: [own + pascal(field.name)] });
      made[name] = {
        type: isSure && field.isRequired && !placed.isNullable ? new GraphQLNonNull(type) : type,
        description: field.description,
        // Not graphql's own resolver, which looks into prototypes and calls what it finds.
        resolve: (object) => valueAt(object, field.name),
      };
    }
    return made;
  }

  function unionOf(shape: Extract<Shape, { kind: "union" }>, place: OutputPlace): GraphQLUnionType {
    const key = JSON.stringify([place.target, place.isSure, shape.members.map((member) => member.key)]);
    const known = unions.get(key);
    if (known) return known;
    const name = shared.claim(namesOf(shape, place));
    const members = shape.members.map((member, index) => {
      const type = objectOf(member, { ...place, names: [name + pascal(constantOf(member) ?? String(index + 1))] });
      return { type, fits: fitting(member) };
    });
    const made = new GraphQLUnionType({
      name,
      types: [...new Set(members.map(({ type }) => type))],
      resolveType: (value) => members.find(({ fits }) => fits(value))?.type.name,
    });
    unions.set(key, made);
    return made;
  }

  return { typeOf };
}

/** The text that tells this member of a union from the others. */
function constantOf({ fields }: ObjectShape): string | undefined {
  for (const field of fields) {
    const { shape } = field.read();
    if (shape.kind === "enum" && shape.values.length === 1) return shape.values[0];
  }
  return undefined;
}

/** Whether an object has what a member of a union must have, and says what it must say. */
function fitting({ fields }: ObjectShape): (value: unknown) => boolean {
  const required = fields.filter(({ isRequired }) => isRequired);
  return (value) =>
    required.every(({ name, read }) => {
      const held = valueAt(value, name);
      const { shape, isNullable } = read();
      if (shape.kind === "enum" && typeof held === "string") return shape.values.includes(held);
      return held === null ? isNullable : held !== undefined;
    });
}

/** What an object from outside has of its own under a name. */
export function valueAt(object: unknown, name: string): unknown {
  if (typeof object !== "object" || object === null || !Object.hasOwn(object, name)) return undefined;
  return (object as Readonly<Record<string, unknown>>)[name];
}
