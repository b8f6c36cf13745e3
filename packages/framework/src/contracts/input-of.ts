import { badOption, type Message } from "../core/index.js";
import type { ContractAction } from "./action.js";
import { jsonSchemaOf } from "./json-schema.js";
import { isRestRequest, type RestRequest, takesArgs } from "./rest-request.js";
import { textFieldReader } from "./text-fields.js";

const notFields: ReadonlySet<string> = new Set(["$$target", "$$version", "__proto__"]);

/**
 * Reads an action's input out of a message: its fields without the pattern's, the addressee and directives.
 *
 * A REST request comes in `args`. Its parts are merged: the path's parameters win over the body, the body wins over the
 * query; texts of path and query are read as the types that the input's schema says.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, for a routed action whose input has a field `args`
 */
export function inputOf(action: ContractAction): (message: Message) => Record<string, unknown> {
  const { name, pattern, input, rest } = action;
  const hasOwnArgs = takesArgs(action);
  if (hasOwnArgs && rest) throw badOption(`the input of ${name}`, "args", "without this field, since it has a route");
  const readTexts = textFieldReader(jsonSchemaOf(input, "input"));

  function merge({ params, query, body }: RestRequest): Record<string, unknown> {
    return { ...readTexts(fieldsOf(query)), ...fieldsOf(body), ...readTexts(fieldsOf(params)) };
  }

  return (message) => {
    const fields: Record<string, unknown> = {};
    for (const key in message) {
      if (Object.hasOwn(pattern, key) || notFields.has(key) || key.endsWith("$")) continue;
      fields[key] = message[key];
    }
    if (hasOwnArgs || !isRestRequest(fields.args)) return fields;
    const { args, ...others } = fields;
    return { ...others, ...merge(args) };
  };
}

function fieldsOf(part: unknown): object {
  return typeof part === "object" && part !== null && !Array.isArray(part) ? part : {};
}
