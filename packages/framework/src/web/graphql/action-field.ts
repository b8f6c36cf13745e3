import { GraphQLBoolean, type GraphQLFieldConfig } from "graphql";
import type { ServedAction } from "./action-table.js";
import type { InputTypes } from "./input-types.js";
import { nounOf, typeName } from "./names.js";
import type { OperationCalls } from "./operation-calls.js";
import { callingField } from "./operation-limits.js";
import { type OutputTypes, valueAt } from "./output-types.js";
import { readShape } from "./read-shape.js";

/** A field that is answered by an action. */
export type ActionField = GraphQLFieldConfig<unknown, OperationCalls>;

export interface ActionFieldOptions {
  readonly inputs: InputTypes;
  readonly outputs: OutputTypes;
  /** By field of the action's input, the field of the object that has it. @default all are arguments */
  readonly given?: Readonly<Record<string, string>>;
}

export function actionField(action: ServedAction, { inputs, outputs, given = {} }: ActionFieldOptions): ActionField {
  const { target, name, isSure, route } = action;
  const { summary, deprecated, input, output = {} } = route.described;
  const from = Object.entries(given);
  const place = { target, names: [typeName(target, name)] };
  const { config: args, read } = inputs.argumentsOf(input, place, new Set(Object.keys(given)));
  const isNothing = output.type === "null";
  const names = [typeName(target, nounOf(name)), typeName(target, name)];
  return {
    type: isNothing ? GraphQLBoolean : outputs.typeOf(readShape(output, output), { target, isSure, names }),
    args,
    description: isNothing ? [summary, "True when it is done."].filter(Boolean).join(". ") : summary,
    deprecationReason: deprecated,
    extensions: callingField,
    resolve: async (object, asked, calls) => {
      const held = from.map(([field, of]) => [field, valueAt(object, of)] as const);
      // An object that leads nowhere.
      if (held.some(([, value]) => value === undefined || value === null)) return null;
      const result = await calls.load(action, { ...read(asked), ...Object.fromEntries(held) });
      return isNothing ? true : result;
    },
  };
}
