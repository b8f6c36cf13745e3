import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../json-schema.js";
import { notAllowed } from "./not-allowed.js";

/** Takes down one difference. */
export type Note = (isBreaking: boolean, text: string) => void;

/** What is compared: an input must go on taking what it took, what is given must go on being what it was. */
type Side = "input" | "output" | "payload" | "message received" | "message sent";

const takingSides: ReadonlySet<Side> = new Set(["input", "message received"]);

export function compareSchemas(
  side: Side,
  older: JsonSchema | undefined,
  newer: JsonSchema | undefined,
  note: Note,
): void {
  if (isDeepStrictEqual(older, newer)) return;
  if (older === undefined) note(false, `the ${side} is described now`);
  else if (newer === undefined) note(true, `the ${side} is not described any more, so it can't be compared`);
  else {
    const problems = takingSides.has(side)
      ? notAllowed({ inner: older, outer: newer, isTolerant: false })
      : notAllowed({ inner: newer, outer: older, isTolerant: true });
    for (const { path, text } of problems) note(true, `the ${path === "" ? side : `${side}'s ${path}`} ${text}`);
    if (problems.length === 0) note(false, `the ${side} has changed, compatibly`);
  }
}
