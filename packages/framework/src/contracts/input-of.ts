import type { Message } from "../core/index.js";
import type { ContractAction } from "./action.js";
import { jsonSchemaOf } from "./json-schema.js";

const notFields: ReadonlySet<string> = new Set(["$$target", "$$version", "__proto__"]);

/** What a REST request brings, as Seneca's web modules hand it on in a message's `args`. */
export interface RequestFields {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

/** One input of what a request brings: the path's parameters before the body, the body before the query. */
export function mergeRequest({ params, query, body }: RequestFields): Record<string, unknown> {
  return { ...fieldsOf(query), ...fieldsOf(body), ...fieldsOf(params) };
}

/**
 * Reads an action's input out of a message: its fields without the pattern's, the addressee and directives. A request
 * that a Seneca web module's route brings in `args` is merged, unless `args` is a field of the input itself.
 */
export function inputOf({ pattern, input }: ContractAction): (message: Message) => Record<string, unknown> {
  const { properties } = jsonSchemaOf(input, "input") ?? {};
  const hasOwnArgs = typeof properties === "object" && properties !== null && "args" in properties;
  return (message) => {
    const fields: Record<string, unknown> = {};
    for (const key in message) {
      if (Object.hasOwn(pattern, key) || notFields.has(key) || key.endsWith("$")) continue;
      fields[key] = message[key];
    }
    if (hasOwnArgs || !isRequest(fields.args)) return fields;
    const { args, ...others } = fields;
    return { ...others, ...mergeRequest(args) };
  };
}

function isRequest(args: unknown): args is RequestFields {
  return typeof args === "object" && args !== null && ("params" in args || "query" in args || "body" in args);
}

function fieldsOf(part: unknown): object {
  return typeof part === "object" && part !== null && !Array.isArray(part) ? part : {};
}
