import { isDeeperThan, safeReviver, VastifyError } from "../core/index.js";
import { wireErrorOf } from "./peer-errors.js";

// One JSON array per line; its first member is the kind. docs/reference/protocol.md describes each.
export const frameKind = {
  call: 1,
  result: 2,
  error: 3,
  cancel: 4,
  ping: 5,
  pong: 6,
  goodbye: 7,
  /** Of a stream: bytes, its end, its failure; and from its receiver: take more, want no more. */
  data: 8,
  end: 9,
  abort: 10,
  credit: 11,
  stop: 12,
} as const;

/** What both sides say first, after it a JSON object and a line feed. */
export const preface = "vastify/1 ";

/** A frame as it came: an array whose first member is the kind. */
export type Frame = readonly unknown[];

/** @param more the list of attachments and the signed identity, with their commas, or nothing */
export function callFrame(id: number, message: string, timeoutMs: number, tx: string, hops: number, more = ""): string {
  return `[1,${id},${message},${timeoutMs},"${tx}",${hops}${more}]\n`;
}

export function resultFrame(id: number, result: unknown, attached = ""): string {
  return `[2,${id},${JSON.stringify(result) ?? "null"}${attached}]\n`;
}

export function errorFrame(id: number, error: unknown, tx: string | undefined): string {
  return `[3,${id},${JSON.stringify(wireErrorOf(error, tx))}]\n`;
}

export function cancelFrame(id: number): string {
  return `[4,${id}]\n`;
}

export interface ParseLimits {
  readonly maxDepth: number;
  /** The text it comes from may hold keys that reach a prototype. */
  readonly careful: boolean;
}

/** @throws VastifyError `invalid_argument`, reason `bad_frame`, when the line is no frame */
export function parseFrame(line: string, { maxDepth, careful }: ParseLimits): Frame {
  if (isDeeperThan(line, maxDepth)) throw badFrame(`it is nested deeper than ${maxDepth} levels`);
  let frame: unknown;
  try {
    frame = careful ? JSON.parse(line, safeReviver) : JSON.parse(line);
  } catch {
    throw badFrame("it is not JSON");
  }
  if (!Array.isArray(frame)) throw badFrame("it is not an array");
  return frame;
}

export function badFrame(why: string): VastifyError {
  return new VastifyError("invalid_argument", `a frame can't be read: ${why}`, { reason: "bad_frame" });
}
