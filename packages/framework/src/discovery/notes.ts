import semver from "semver";
import { z } from "zod";

/**
 * The JSON in a check's Notes: the contract by which services know each other. More keys may be there; readers
 * ignore those they don't know.
 */
const notesShape = z.object({
  /** The service's semver. */
  $$version: z.string().refine((text) => semver.valid(text) !== null, "not a semver"),
  /** Where calls are answered; null for a service that answers none, such as a gateway. */
  $$microservicePort: z.number().int().min(1).max(65_535).nullable(),
  /** What the microservice port speaks besides Seneca's HTTP protocol. */
  protocols: z.array(z.string()).optional(),
  /** Through which queue of RabbitMQ it takes calls too. */
  callQueue: z
    .string()
    .regex(/^[\w.:-]{1,150}$/)
    .optional()
    .catch(undefined),
  /** Changes when the service's description (its routes and actions) changes. */
  description: z.string().optional(),
  /** Where the instance runs, such as a rack or an availability zone; foreign Notes may mean something else by it. */
  zone: z.string().optional().catch(undefined),
});
export type Notes = z.infer<typeof notesShape>;

export function writeNotes(notes: Notes): string {
  return JSON.stringify(notes);
}

/** Either the notes, or why they can't be used. */
export function readNotes(text: string | undefined): { notes: Notes } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text ?? "");
  } catch {
    return { problem: "its check's Notes are not JSON" };
  }
  const checked = checkNotes(json);
  return "problem" in checked ? { problem: `its check's Notes have ${checked.problem}` } : checked;
}

/** Either the notes, or what is wrong with them. */
export function checkNotes(json: unknown): { notes: Notes } | { problem: string } {
  const parsed = notesShape.safeParse(json);
  if (parsed.success) return { notes: parsed.data };
  const issue = parsed.error.issues[0];
  return { problem: `a bad ${issue?.path.join(".") || "shape"}: ${issue?.message}` };
}
