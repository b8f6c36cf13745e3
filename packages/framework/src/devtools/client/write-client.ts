import { runtime } from "./client-runtime.js";
import { type Operation, objectOf, readOperations } from "./openapi-operations.js";
import { createSchemaTypes, type SchemaTypes } from "./schema-types.js";

/**
 * Writes a client in TypeScript for what an OpenAPI document describes: a function for each operation, by service, and
 * the types of what it takes and gives. It needs `fetch` and nothing else.
 *
 * Whatever the document says goes into the text as a literal or as a name of letters and digits: it can't become code.
 * @param from where the document comes from
 * @throws VastifyError `invalid_argument`, reason `bad_contract`
 */
export function writeClient(document: unknown, from: string): string {
  const operations = readOperations(document, from);
  const types = createSchemaTypes(objectOf(document));
  const { title, version } = objectOf(objectOf(document).info);
  const groups = [...new Set(operations.map(({ group }) => group))];
  const members = groups.map((group) => {
    const functions = operations
      .filter((operation) => operation.group === group)
      .map((operation) => indented(functionOf(operation, types), 6))
      .join("\n");
    return `    ${JSON.stringify(group)}: {\n${functions}\n    },`;
  });
  return [
    `// Made by \`vastify client\` of ${inComment(`${title} ${version}`)}: make it anew rather than change it.`,
    runtime,
    ...types.declarations(),
    "",
    "/** The operations, by service. */",
    "export function createClient(options: ClientOptions) {",
    "  const send = createSend(options);",
    `  return {\n${members.join("\n")}\n  };`,
    "}",
    "",
  ].join("\n");
}

function functionOf(operation: Operation, types: SchemaTypes): string {
  const { name, method, path, summary, deprecated, parameters, body, output } = operation;
  const { type, isOptional } = inputOf(operation, types);
  const names = (place: string) => parameters.filter((each) => each.in === place).map((each) => each.name);
  const call = { method, path, query: names("query"), body: body?.kind ?? "none" };
  const result = output === undefined ? "void" : types.typeOf(output.schema);
  const comment = [summary, deprecated ? "@deprecated" : undefined].filter((line) => line !== undefined);
  const documented = comment.length > 0 ? `/** ${inComment(comment.join(" "))} */\n` : "";
  const given = isOptional ? `input: ${type} = {}` : `input: ${type}`;
  return `${documented}${JSON.stringify(name)}: (${given}, call?: CallOptions): Promise<${result}> =>
  send(${JSON.stringify(call)}, input, call) as Promise<${result}>,`;
}

/** One object with all fields, wherever they travel. */
function inputOf({ parameters, body }: Operation, types: SchemaTypes): { type: string; isOptional: boolean } {
  const fields = parameters.map(
    ({ name, required, schema }) => `${JSON.stringify(name)}${required ? "" : "?"}: ${types.typeOf(schema)}`,
  );
  if (body?.kind === "any") fields.push("body: BodyInit");
  const own = fields.length > 0 ? `{ ${fields.join("; ")} }` : undefined;
  const inBody = body?.kind === "json" ? types.typeOf(body.schema) : undefined;
  const parts = [own, inBody].filter((part) => part !== undefined);
  const isOptional = inBody === undefined && body === undefined && parameters.every(({ required }) => !required);
  return { type: parts.length > 0 ? parts.join(" & ") : "Record<string, never>", isOptional };
}

function indented(text: string, by: number): string {
  return text.replaceAll(/^/gm, " ".repeat(by));
}

/** On one line, and without an end of the comment. */
function inComment(text: string): string {
  return text.replaceAll(/[\s\u2028\u2029]+/g, " ").replaceAll("*/", "* /");
}
