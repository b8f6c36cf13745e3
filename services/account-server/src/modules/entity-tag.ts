import { VastifyError } from "vastify";

/** The tag of a version, for `ETag` (RFC 9110, "ETag"). */
export function entityTagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Holds a request to its `If-Match` (RFC 9110, "If-Match"): `*`, or tags of which one must be the version's.
 * @throws VastifyError `failed_precondition`, reason `precondition_failed` (412)
 */
export function expectMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === "*") return;
  const tags = ifMatch.split(",").map((tag) => tag.trim());
  if (tags.includes(entityTagOf(version))) return;
  const message = `it was changed since it was read: If-Match asks for ${ifMatch}, it is ${entityTagOf(version)} now`;
  throw new VastifyError("failed_precondition", message, { reason: "precondition_failed" });
}
