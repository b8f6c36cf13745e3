import { VastifyError } from "../core/index.js";
import type { OutputOf, Schema, SchemaIssue, SchemaResult } from "./schema.js";

/** What is wrong with a value, and where: `address.0.street`, or "" for the whole of it. */
export interface ValueIssue {
  readonly path: string;
  readonly message: string;
}

/** An answer with more of them would only be longer. */
const mostIssues = 20;

/** Whose value it is, such as `account-server.findUser`, and whether it came in or goes out. */
export interface CheckedSide {
  readonly of: string;
  readonly side: "input" | "output";
}

/**
 * Gives what the schema makes of a value, at once unless the schema itself is asynchronous.
 * @throws VastifyError `invalid_argument` reason `bad_input`, or `internal` reason `bad_output`; `details.issues` has
 * each path and what is wrong there
 */
export function checkValue<S extends Schema>(
  schema: S,
  value: unknown,
  side: CheckedSide,
): OutputOf<S> | Promise<OutputOf<S>> {
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then((later) => readResult(later, side)) : readResult(result, side);
}

function readResult<Value>(result: SchemaResult<Value>, side: CheckedSide): Value {
  if (result.issues === undefined) return result.value;
  throw side.side === "input" ? badInput(result.issues) : badOutput(side.of, result.issues);
}

function badInput(found: readonly SchemaIssue[]): VastifyError {
  const issues = issuesOf(found);
  return new VastifyError("invalid_argument", textOf(issues), { reason: "bad_input", details: { issues } });
}

function badOutput(of: string, found: readonly SchemaIssue[]): VastifyError {
  const issues = issuesOf(found);
  const text = `${of} gave what its contract does not allow: ${textOf(issues)}`;
  return new VastifyError("internal", text, { reason: "bad_output", details: { issues } });
}

function issuesOf(found: readonly SchemaIssue[]): ValueIssue[] {
  return found.slice(0, mostIssues).map(({ path = [], message }) => ({
    path: path.map((segment) => String(typeof segment === "object" ? segment.key : segment)).join("."),
    message,
  }));
}

function textOf(issues: readonly ValueIssue[]): string {
  return issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
}
