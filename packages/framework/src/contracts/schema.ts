/**
 * A schema of any library that speaks Standard Schema (standardschema.dev): zod, valibot, arktype and others. The
 * types are the specification's, which asks to be copied rather than depended on.
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly "~standard": StandardProperties<Input, Output>;
}

interface StandardProperties<Input, Output> {
  readonly version: 1;
  /** The library. */
  readonly vendor: string;
  readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  /** Only for the compiler. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  /** Of Standard JSON Schema; not every library has it. It throws for what JSON Schema has no words for. */
  readonly jsonSchema?: JsonSchemaConverter | undefined;
}

interface JsonSchemaConverter {
  readonly input: (options: JsonSchemaOptions) => Record<string, unknown>;
  readonly output: (options: JsonSchemaOptions) => Record<string, unknown>;
}

interface JsonSchemaOptions {
  readonly target: "draft-2020-12";
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What is given to a schema. */
export type InputOf<S extends Schema> = NonNullable<S["~standard"]["types"]>["input"];

/** What a schema makes of it. */
export type OutputOf<S extends Schema> = NonNullable<S["~standard"]["types"]>["output"];

export function isSchema(value: unknown): value is Schema {
  // Some libraries' schemas are functions.
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const { "~standard": standard } = value as { "~standard"?: { validate?: unknown } };
  return typeof standard === "object" && typeof standard?.validate === "function";
}

/** The input of an action that takes none: whatever is sent is left out. */
export const noInput: Schema<Readonly<Record<string, never>>> = {
  "~standard": {
    version: 1,
    vendor: "vastify",
    validate: () => ({ value: {} }),
    jsonSchema: { input: () => ({ type: "object" }), output: () => ({ type: "object" }) },
  },
};

/** The output of an action that gives none. */
export const noOutput: Schema<void> = {
  "~standard": {
    version: 1,
    vendor: "vastify",
    validate: () => ({ value: undefined }),
    jsonSchema: { input: () => ({ type: "null" }), output: () => ({ type: "null" }) },
  },
};
