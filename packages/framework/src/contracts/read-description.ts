import { z } from "zod";
import type { ActionDescription, ContractDescription, EventDescription } from "./describe-contract.js";

const jsonSchema = z.record(z.string(), z.unknown());
const text = z.string().max(10_000);

export const accessShape = z.object({
  level: z.enum(["private", "internal", "public"]),
  roles: z.array(z.string()),
  scopes: z.array(z.string()),
});

export const uploadShape = z.object({
  kind: z.enum(["multipart", "raw"]),
  maxBytes: z.int().positive(),
  types: z.array(z.string().max(256)),
  digest: z.boolean(),
});

const messageKind = z.enum(["json", "text", "bytes"]);

/** What those who carry a socket's messages must know of them. */
export const socketShape = z.object({ receives: messageKind, sends: messageKind, maxBytes: z.int().positive() });

const messageShape = z.object({ kind: messageKind, schema: jsonSchema.optional() });

const actionShape = z.object({
  name: z.string().min(1).max(256),
  pattern: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  access: accessShape,
  idempotent: z.boolean(),
  summary: text.optional(),
  deprecated: text.optional(),
  timeoutMs: z.number().positive().optional(),
  cache: z
    .object({
      ttlMs: z.number().positive(),
      keys: z.array(z.string()).optional(),
      tags: z.array(z.string()).optional(),
    })
    .optional(),
  rest: z
    .object({
      method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
      path: z.string().startsWith("/"),
      status: z.int().min(200).max(299),
      upload: uploadShape.optional(),
    })
    .optional(),
  socket: z.object({ receives: messageShape, sends: messageShape, maxBytes: z.int().positive() }).optional(),
  links: z
    .record(
      z.string().regex(/^[A-Za-z]\w*$/),
      z.object({ target: z.string(), action: z.string(), input: z.record(z.string(), z.string()) }),
    )
    .optional(),
  batches: z.object({ action: z.string(), by: z.string(), keys: z.string() }).optional(),
  input: jsonSchema.optional(),
  output: jsonSchema.optional(),
});

const eventShape = z.object({ name: z.string().min(1), summary: text.optional(), payload: jsonSchema.optional() });

const descriptionShape = z.object({
  target: z.string(),
  version: z.string(),
  // Services without contracts, and those from before there were any, have none.
  actions: z.array(z.unknown()).default([]),
  events: z.array(z.unknown()).default([]),
});

/** What could be read of a description, and what could not. */
export interface ReadDescription extends ContractDescription {
  readonly problems: readonly string[];
}

/** Reads the contract in what a service says of itself; actions and events that are none are named in `problems`. */
export function readDescription(description: unknown): ReadDescription {
  const parsed = descriptionShape.safeParse(description);
  if (!parsed.success)
    return { target: "", version: "", actions: [], events: [], problems: ["it describes no service"] };
  const problems: string[] = [];
  const { target, version, actions, events } = parsed.data;
  return {
    target,
    version,
    actions: readEach("action", actionShape as z.ZodType<ActionDescription>, actions, problems),
    events: readEach("event", eventShape as z.ZodType<EventDescription>, events, problems),
    problems,
  };
}

function readEach<Value>(kind: string, shape: z.ZodType<Value>, candidates: readonly unknown[], problems: string[]) {
  return candidates.flatMap((candidate, index): Value[] => {
    const read = shape.safeParse(candidate);
    if (read.success) return [read.data];
    problems.push(`${kind} ${index} has a bad ${read.error.issues[0]?.path.join(".") || "shape"}`);
    return [];
  });
}
