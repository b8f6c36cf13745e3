import { z } from "zod";
import { checkValue, type OutputOf, type Schema } from "../contracts/index.js";
import { badOption, deepFreeze, VastifyError } from "../core/index.js";

/** What a schema makes of a document, or why it refuses it. */
export type CheckedSettings<Value> = { readonly value: Value } | RefusedSettings;

export interface RefusedSettings {
  readonly problem: string;
  /** The fields that are wrong, without what a library may quote of them. */
  readonly fields: readonly string[];
}

const issuesShape = z.object({ issues: z.array(z.object({ path: z.string() })) });

/** Nothing written is the same as `{}`: the schema's own defaults. */
export function checkSettings<S extends Schema>(
  schema: S,
  name: string,
  document: unknown = {},
): CheckedSettings<OutputOf<S>> {
  try {
    const value = checkValue(schema, document, { of: `the settings ${name}`, side: "input" });
    if (!(value instanceof Promise)) return { value: deepFreeze(value) };
    value.catch(() => {});
    return { problem: "its schema is asynchronous", fields: [] };
  } catch (thrown) {
    const { message, details } = VastifyError.from(thrown);
    const parsed = issuesShape.safeParse(details);
    return { problem: message, fields: parsed.success ? parsed.data.issues.map(({ path }) => path) : [] };
  }
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function expectDefaults<S extends Schema>(schema: S, name: string): OutputOf<S> {
  const checked = checkSettings(schema, name);
  if ("value" in checked) return checked.value;
  throw badOption(`the schema of the settings ${name}`, checked.problem, "one that gives each field a default");
}
