import { GraphQLBoolean, GraphQLObjectType, GraphQLSchema } from "graphql";
import { actionField } from "./action-field.js";
import type { ServedAction } from "./action-table.js";
import { createInputTypes } from "./input-types.js";
import { createLinks } from "./links.js";
import { fieldName } from "./names.js";
import { createOutputTypes, type Fields } from "./output-types.js";
import { createSharedTypes } from "./schema-types.js";

export interface BuiltSchema {
  readonly schema: GraphQLSchema;
  /** What of the contracts is not in it, and why. */
  readonly problems: readonly string[];
}

/** Actions as the fields of one schema: queries for those that only read, mutations for the others. */
export function buildSchema(actions: readonly ServedAction[]): BuiltSchema {
  const problems: string[] = [];
  const shared = createSharedTypes();
  const inputs = createInputTypes(shared);
  const links = createLinks(actions);
  const outputs = createOutputTypes(shared, (shape, { target }) => {
    const fields: Fields = {};
    for (const { name, action, given } of links.of(target, shape))
      fields[name] = actionField(action, { inputs, outputs, given });
    return fields;
  });
  const queries: Fields = {};
  const mutations: Fields = {};
  const holders = new Map<string, ServedAction>();

  for (const action of actions) {
    const name = fieldName(action.target, action.name);
    const holder = holders.get(name);
    if (holder) {
      problems.push(`GraphQL's ${name} stays with ${nameOf(holder)}; ${nameOf(action)} would have the same name`);
      continue;
    }
    holders.set(name, action);
    (action.route.isQuery ? queries : mutations)[name] = actionField(action, { inputs, outputs });
  }

  // A schema needs a query.
  if (Object.keys(queries).length === 0) queries.nothing = { type: GraphQLBoolean, resolve: () => null };
  const query = new GraphQLObjectType({ name: "Query", fields: queries });
  const mutation = new GraphQLObjectType({ name: "Mutation", fields: mutations });
  return { schema: new GraphQLSchema({ query, ...(Object.keys(mutations).length > 0 && { mutation }) }), problems };
}

function nameOf({ target, name }: ServedAction): string {
  return `${target}'s ${name}`;
}
