import {
  GraphQLBoolean,
  GraphQLError,
  GraphQLFloat,
  GraphQLInt,
  GraphQLScalarType,
  GraphQLString,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from "graphql";
import type { ScalarName } from "./read-shape.js";

/** What GraphQL has no type for: maps, tuples, values of several kinds. */
export const jsonScalar = new GraphQLScalarType({
  name: "JSON",
  description: "Any JSON value",
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

const safeInt = new GraphQLScalarType<number, number>({
  name: "SafeInt",
  description: "A whole number from -(2^53 - 1) to 2^53 - 1",
  serialize: expectSafeInt,
  parseValue: expectSafeInt,
  parseLiteral: (node) => expectSafeInt(node.kind === Kind.INT ? Number(node.value) : undefined, node),
});

const dateTime = textScalar("DateTime", "A date and a time such as 2027-01-31T00:00:00Z (RFC 3339)");
const date = textScalar("Date", "A date such as 2027-01-31 (RFC 3339)");

export const scalars: Readonly<Record<ScalarName, GraphQLScalarType>> = {
  String: GraphQLString,
  Int: GraphQLInt,
  SafeInt: safeInt,
  Float: GraphQLFloat,
  Boolean: GraphQLBoolean,
  DateTime: dateTime,
  Date: date,
};

/** A text with a meaning, which its service checks by the contract's schema. */
function textScalar(name: string, description: string): GraphQLScalarType<string, string> {
  const expectText = (value: unknown, node?: ValueNode): string => {
    if (typeof value === "string") return value;
    throw new GraphQLError(`${name} must be a text`, node && { nodes: node });
  };
  return new GraphQLScalarType({
    name,
    description,
    serialize: (value) => expectText(value instanceof Date ? value.toISOString() : value),
    parseValue: (value) => expectText(value),
    parseLiteral: (node) => expectText(node.kind === Kind.STRING ? node.value : undefined, node),
  });
}

function expectSafeInt(value: unknown, node?: ValueNode | object): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new GraphQLError("SafeInt must be a whole number from -(2^53 - 1) to 2^53 - 1", {
    nodes: node && "kind" in node ? (node as ValueNode) : null,
  });
}
