import { isDeepStrictEqual } from "node:util";

/** The paths of the fields that differ, such as `login.perMinute`; a list counts as one. "(all)" when none has a name. */
export function changedPaths(before: unknown, after: unknown): readonly string[] {
  return differences(before, after, []).map((path) => path.join(".") || "(all)");
}

function differences(before: unknown, after: unknown, at: readonly string[]): readonly (readonly string[])[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isFields(before) || !isFields(after)) return [at];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => differences(before[name], after[name], [...at, name]));
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
