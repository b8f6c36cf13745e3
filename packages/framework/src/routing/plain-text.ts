/** A value as rules compare it. Objects have no text of their own: a caller could make them throw when they are asked for it. */
export function plainText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value === "" ? undefined : value;
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return undefined;
  }
}
