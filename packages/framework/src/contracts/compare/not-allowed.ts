import type { JsonSchema } from "../json-schema.js";
import { alternatives, type NotAllowed, type Step, schemaRules } from "./schema-rules.js";

export interface Comparison {
  /** The schema whose values are looked at. */
  readonly inner: JsonSchema;
  /** The schema that should allow them all. */
  readonly outer: JsonSchema;
  /** Whether who reads by the outer schema passes over fields that it does not know. */
  readonly isTolerant: boolean;
}

/** What the inner schema allows and the outer one does not; nothing, when the outer one allows it all. */
export function notAllowed({ inner, outer, isTolerant }: Comparison): NotAllowed[] {
  // A schema may refer to itself: what is being compared is not compared again within itself.
  const underWay = new Set<string>();

  function go(left: unknown, right: unknown, path: string): NotAllowed[] {
    const [a, b] = [resolved(left, inner), resolved(right, outer)];
    if (b === true || a === false) return [];
    if (b === false) return [{ path, text: "is not allowed any more" }];
    const pair = JSON.stringify([a, b]);
    if (underWay.has(pair)) return [];
    underWay.add(pair);
    const step: Step = { path, isTolerant, go };
    const from = a === true ? {} : a;
    const found = alternatives(from, b, step) ?? schemaRules.flatMap((rule) => rule(from, b, step));
    underWay.delete(pair);
    return found;
  }

  return go(inner, outer, "");
}

/** Follows a reference within its document. One that leads nowhere allows everything. */
function resolved(schema: unknown, root: JsonSchema): JsonSchema | boolean {
  if (typeof schema === "boolean") return schema;
  if (typeof schema !== "object" || schema === null) return true;
  const { $ref } = schema as { $ref?: unknown };
  if (typeof $ref !== "string") return schema as JsonSchema;
  let at: unknown = root;
  for (const key of $ref.split("/").slice(1)) at = (at as Record<string, unknown> | undefined)?.[key];
  return typeof at === "object" && at !== null ? (at as JsonSchema) : true;
}
