import {
  GraphQLBoolean,
  type GraphQLFieldConfig,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSchema,
} from "graphql";
import { createInputTypes, type InputTypes } from "./input-types.js";
import { fieldName, nounOf, typeName } from "./names.js";
import type { ServedAction } from "./action-table.js";
import { callingField } from "./operation-limits.js";
import type { OperationCalls } from "./operation-calls.js";
import { createOutputTypes, type Fields, type OutputTypes } from "./output-types.js";
import { readShape } from "./read-shape.js";
import { createSharedTypes } from "./schema-types.js";

export interface BuiltSchema {
  readonly schema: GraphQLSchema;
  /** What of the contracts is not in it, and why. */
  readonly problems: readonly string[];
}

type ActionField = GraphQLFieldConfig<unknown, OperationCalls>;

/** Actions as the fields of one schema: queries for those that only read, mutations for the others. */
export function buildSchema(actions: readonly ServedAction[]): BuiltSchema {
  const shared = createSharedTypes();
  const inputs = createInputTypes(shared);
  const outputs = createOutputTypes(shared, () => ({}));
  const queries: Fields = {};
  const mutations: Fields = {};
  const problems: string[] = [];
  const holders = new Map<string, ServedAction>();

  for (const action of actions) {
    const name = fieldName(action.target, action.name);
    const holder = holders.get(name);
    if (holder) {
      problems.push(`GraphQL's ${name} stays with ${nameOf(holder)}; ${nameOf(action)} would have the same name`);
      continue;
    }
    holders.set(name, action);
    (action.route.isQuery ? queries : mutations)[name] = actionField(action, inputs, outputs);
  }

  // A schema needs a query.
  if (Object.keys(queries).length === 0) queries.nothing = { type: GraphQLBoolean, resolve: () => null };
  const query = new GraphQLObjectType({ name: "Query", fields: queries });
  const mutation = new GraphQLObjectType({ name: "Mutation", fields: mutations });
  return { schema: new GraphQLSchema({ query, ...(Object.keys(mutations).length > 0 && { mutation }) }), problems };
}

function actionField(action: ServedAction, inputs: InputTypes, outputs: OutputTypes): ActionField {
  const { target, name, route } = action;
  const { summary, deprecated, input, output } = route.described;
  const { config: args, read } = inputs.argumentsOf(input, { target, names: [typeName(target, name)] });
  const isNothing = output?.type === "null";
  return {
    type: isNothing ? GraphQLBoolean : outputType(action, outputs),
    args,
    description: isNothing ? [summary, "True when it is done."].filter(Boolean).join(". ") : summary,
    deprecationReason: deprecated,
    extensions: callingField,
    resolve: async (_object, given, calls) => {
      const result = await calls.load(action, read(given));
      return isNothing ? true : result;
    },
  };
}

function outputType({ target, name, isSure, route }: ServedAction, outputs: OutputTypes): GraphQLOutputType {
  const { output = {} } = route.described;
  const names = [typeName(target, nounOf(name)), typeName(target, name)];
  return outputs.typeOf(readShape(output, output), { target, isSure, names });
}

function nameOf({ target, name }: ServedAction): string {
  return `${target}'s ${name}`;
}
