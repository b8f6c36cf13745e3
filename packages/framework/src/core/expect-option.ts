import { inspect } from "node:util";
import { VastifyError } from "./error.js";

/** The error of an option that is not what it must be. */
export function badOption(name: string, got: unknown, expected: string): VastifyError {
  const shown = typeof got === "string" ? JSON.stringify(got) : Array.isArray(got) ? inOneLine(got) : String(got);
  return new VastifyError("invalid_argument", `${name} must be ${expected}, got ${shown}`, { reason: "bad_option" });
}

function inOneLine(list: readonly unknown[]): string {
  return inspect(list, { compact: true, breakLength: Number.POSITIVE_INFINITY });
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function expectPort(name: string, value: unknown, lowest: 0 | 1 = 1): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= 65_535) return value;
  throw badOption(name, value, `a port number from ${lowest} to 65535`);
}

const targetShape = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;

/** A target's name goes into URLs, DNS names and Consul ids, so it keeps to letters, digits, dot, dash and underscore. */
export function isTargetName(value: unknown): value is string {
  return typeof value === "string" && value.length <= 64 && targetShape.test(value);
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function expectTargetName(name: string, value: unknown): string {
  if (isTargetName(value)) return value;
  throw badOption(name, value, "a name of letters, digits, dots, dashes and underscores (at most 64)");
}
