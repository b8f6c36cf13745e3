/** A part of a representation, in bytes; both ends belong to it. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** Longer than any one range that a file can have. */
const longestHeader = 64;

/**
 * Reads a `Range` header (RFC 9110, section 14).
 * @param length of the whole, in bytes
 * @returns the range; `unsatisfiable` for one that lies outside; undefined when the whole is to be sent: for none, for
 * another unit, and for several ranges, which a server may pass over
 */
export function readRange(header: string, length: number): ByteRange | "unsatisfiable" | undefined {
  if (header === "" || header.length > longestHeader) return undefined;
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)$/i.exec(header);
  const [, from = "", to = ""] = match ?? [];
  if (!match || (from === "" && to === "")) return undefined;
  // "-5" are the last five bytes.
  const first = from === "" ? Math.max(0, length - Number(to)) : Number(from);
  const last = from === "" || to === "" ? length - 1 : Math.min(Number(to), length - 1);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  return first < length && first <= last ? { first, last } : "unsatisfiable";
}
