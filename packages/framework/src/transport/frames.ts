import { VastifyError } from "../core/index.js";
import { safeReviver } from "./clean-message.js";
import { traceOf } from "./inbound.js";
import { wireErrorOf } from "./peer-errors.js";

// One JSON array per line; its first member is the kind. docs/reference/protocol.md describes each.
export const frameKind = { call: 1, result: 2, error: 3, cancel: 4, ping: 5, pong: 6, goodbye: 7 } as const;

/** What both sides say first, after it a JSON object and a line feed. */
export const preface = "vastify/1 ";

/** A frame as it came: an array whose first member is the kind. */
export type Frame = readonly unknown[];

export function callFrame(id: number, message: string, timeoutMs: number, tx: string, hops: number): string {
  return `[1,${id},${message},${timeoutMs},"${traceOf(tx) ?? ""}",${hops}]\n`;
}

export function resultFrame(id: number, result: unknown): string {
  return `[2,${id},${JSON.stringify(result) ?? "null"}]\n`;
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

/** A text with no more opening brackets than levels allowed needs no closer look, nor does one that is too short. */
export function isDeeperThan(json: string, maxDepth: number): boolean {
  if (json.length <= 2 * maxDepth) return false;
  const openings = countUpTo(json, "{", maxDepth) + countUpTo(json, "[", maxDepth);
  return openings > maxDepth && isReallyDeeperThan(json, maxDepth);
}

function countUpTo(text: string, character: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0 && count <= most; at = text.indexOf(character, at + 1)) count++;
  return count;
}

function isReallyDeeperThan(json: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (inString) {
      if (code === 92) i++;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    // "[" and "{" differ in one bit, as "]" and "}" do.
    else if ((code | 32) === 123) {
      if (++depth > maxDepth) return true;
    } else if ((code | 32) === 125) depth--;
  }
  return false;
}
