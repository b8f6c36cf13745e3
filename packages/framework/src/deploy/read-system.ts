import type { z } from "zod";
import { badOption, type VastifyError } from "../core/index.js";
import { expectNothingTwice } from "./expect-nothing-twice.js";
import { type CompleteSystem, systemSchema } from "./system-schema.js";

/**
 * Checks a system's declaration and fills in its defaults. A system that was read may be read again.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming what is wrong
 */
export function readSystem(declaration: unknown): CompleteSystem {
  const parsed = systemSchema.safeParse(declaration);
  if (!parsed.success) throw wrong(parsed.error.issues[0] as z.core.$ZodIssue, declaration);
  const { services, edge } = parsed.data;
  if (Object.keys(services).length === 0) throw badOption("services", "none", "at least one service");
  expectOwnPorts(services);
  expectNothingTwice(parsed.data);
  if (edge && !services[edge.service]) throw badOption("edge.service", edge.service, "one of the services");
  return parsed.data;
}

function wrong(issue: z.core.$ZodIssue, declaration: unknown): VastifyError {
  const where = issue.path.map(String).join(".") || "the system";
  if (issue.code === "unrecognized_keys") return badOption(where, issue.keys.join(", "), "without unknown fields");
  if (issue.code === "invalid_key")
    return badOption(where, issue.path.at(-1), issue.issues[0]?.message ?? issue.message);
  const got = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    declaration,
  );
  return badOption(where, got, issue.code === "custom" || issue.path.length > 0 ? issue.message : "an object");
}

function expectOwnPorts(services: CompleteSystem["services"]): void {
  const takenBy = new Map<number, string>();
  for (const [name, { httpPort, microservicePort }] of Object.entries(services)) {
    for (const [field, taken] of Object.entries({ httpPort, microservicePort })) {
      if (taken === undefined) continue;
      const other = takenBy.get(taken);
      if (other) throw badOption(`services.${name}.${field}`, taken, `a port of its own; ${other} has this one`);
      takenBy.set(taken, `services.${name}.${field}`);
    }
  }
}
