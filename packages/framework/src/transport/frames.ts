import { VastifyError } from "../core/index.js";
import { safeReviver } from "./clean-message.js";

// One JSON array per line; its first member is the kind. docs/reference/protocol.md describes each.
export const frameKind = { call: 1, result: 2, error: 3, cancel: 4, ping: 5, pong: 6, goodbye: 7 } as const;

/** What both sides say first, after it a JSON object and a line feed. */
export const preface = "vastify/1 ";

/** A frame as it came: an array whose first member is the kind. */
export type Frame = readonly unknown[];

export function callFrame(id: number, message: string, timeoutMs: number, tx: string, hops: number): string {
  return `[1,${id},${message},${timeoutMs},"${tx}",${hops}]\n`;
}

export function resultFrame(id: number, result: unknown): string {
  return `[2,${id},${JSON.stringify(result) ?? "null"}]\n`;
}

export function errorFrame(id: number, error: unknown, tx: string | undefined): string {
  return `[3,${id},${JSON.stringify(VastifyError.toWire(error, tx))}]\n`;
}

export function cancelFrame(id: number): string {
  return `[4,${id}]\n`;
}

// Keys that could reach a prototype, written plainly or with escapes.
const suspicious = /"(?:__proto__|constructor|prototype)"\s*:|\\u/;
// A nesting of so many levels takes at least two characters each.
const charactersPerLevel = 2;

export interface ParseLimits {
  readonly maxDepth: number;
}

/** @throws VastifyError `invalid_argument`, reason `bad_frame`, when the line is no frame */
export function parseFrame(line: string, { maxDepth }: ParseLimits): Frame {
  if (line.length > maxDepth * charactersPerLevel && isDeeperThan(line, maxDepth)) {
    throw badFrame(`it is nested deeper than ${maxDepth} levels`);
  }
  let frame: unknown;
  try {
    frame = suspicious.test(line) ? JSON.parse(line, safeReviver) : JSON.parse(line);
  } catch {
    throw badFrame("it is not JSON");
  }
  if (!Array.isArray(frame)) throw badFrame("it is not an array");
  return frame;
}

export function badFrame(why: string): VastifyError {
  return new VastifyError("invalid_argument", `a frame can't be read: ${why}`, { reason: "bad_frame" });
}

/** Counts brackets, also those in strings: only a text that seems too deep is looked at more closely. */
export function isDeeperThan(json: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    // "[" "{" and "]" "}" differ from each other in one bit.
    if ((code | 32) === 123) {
      if (++depth > maxDepth) return isReallyDeeperThan(json, maxDepth);
    } else if ((code | 32) === 125 && depth > 0) depth--;
  }
  return false;
}

function isReallyDeeperThan(json: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "[" || character === "{") {
      if (++depth > maxDepth) return true;
    } else if (character === "]" || character === "}") depth--;
  }
  return false;
}
