/** A value as rules compare it. Objects have no text of their own: a caller could make them throw when they are asked for it. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"
    ? String(value)
    : undefined;
}
