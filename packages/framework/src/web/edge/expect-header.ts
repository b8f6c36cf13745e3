import { validateHeaderName, validateHeaderValue } from "node:http";
import { badOption } from "../../core/index.js";

/** @throws VastifyError `invalid_argument`, reason `bad_option`, for what can't stand in a header */
export function expectHeader(where: string, name: string, value: unknown): void {
  if (typeof value !== "string") throw badOption(where, value, "a text");
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw badOption(where, `${name}: ${value}`, "a header's name and text, in one line of Latin letters");
  }
}
