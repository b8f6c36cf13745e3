import { expectPartNames, type Gathered } from "./gather.js";
import { type JsonSchema, jsonSchemaOf } from "./json-schema.js";
import type { InputOf, OutputOf, Schema, SchemaIssue, SchemaResult } from "./schema.js";

type Parts = Readonly<Record<string, Schema>>;
type Inputs<P extends Parts> = { readonly [Name in keyof P]: InputOf<P[Name]> };
type Outputs<P extends Parts> = { readonly [Name in keyof P]: OutputOf<P[Name]> };

/**
 * The schema of what `gather` gives, made of its parts' schemas, of whatever libraries.
 * @param required the same as `gather` is told
 * @throws VastifyError `invalid_argument`, reason `bad_option`, for a part named `partial` or `failures`
 */
export function gathered<P extends Parts, Required extends keyof P = never>(
  parts: P,
  { required = [] }: { readonly required?: readonly Required[] } = {},
): Schema<Gathered<Inputs<P>, Required>, Gathered<Outputs<P>, Required>> {
  const names = Object.keys(parts);
  expectPartNames(names);
  const mayMiss = (name: string) => !(required as readonly unknown[]).includes(name);

  async function validate(value: unknown): Promise<SchemaResult<Gathered<Outputs<P>, Required>>> {
    const given = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
    const { partial, failures } = given;
    const read: Record<string, unknown> = { partial: partial === true, failures: failures ?? {} };
    const issues: SchemaIssue[] = [];
    for (const name of names) {
      if (given[name] === null && mayMiss(name)) read[name] = null;
      else {
        const result = await (parts[name] as Schema)["~standard"].validate(given[name]);
        if (result.issues === undefined) read[name] = result.value;
        else issues.push(...result.issues.map((issue) => ({ ...issue, path: [name, ...(issue.path ?? [])] })));
      }
    }
    return issues.length > 0 ? { issues } : { value: read as Gathered<Outputs<P>, Required> };
  }

  const describe = (side: "input" | "output") => (): Record<string, unknown> => {
    const properties = Object.fromEntries(
      names.map((name) => {
        const part = partSchema(parts[name] as Schema, side);
        return [name, mayMiss(name) ? { anyOf: [part, { type: "null" }] } : part];
      }),
    );
    return {
      type: "object",
      properties: { ...properties, partial: { type: "boolean" }, failures: failuresSchema },
      required: [...names, "partial", "failures"],
    };
  };

  return {
    "~standard": {
      version: 1,
      vendor: "vastify",
      validate,
      jsonSchema: { input: describe("input"), output: describe("output") },
    },
  };
}

const failuresSchema: JsonSchema = {
  type: "object",
  additionalProperties: {
    type: "object",
    properties: Object.fromEntries(["code", "message", "reason"].map((name) => [name, { type: "string" }])),
    required: ["code", "message"],
  },
};

/** What refers to other places of its own schema would refer to others here, so it stays untyped. */
function partSchema(schema: Schema, side: "input" | "output"): JsonSchema {
  const said = jsonSchemaOf(schema, side);
  return said === undefined || JSON.stringify(said).includes('"$ref"') ? {} : said;
}
