import { VastifyError } from "vastify";
import { z } from "zod";

/** Two ways to write one name in Unicode are one name; what can't be seen or stored is none. */
const name = z
  .string()
  .trim()
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), { error: "may hold no control characters or halves of characters" })
  .transform((text) => text.normalize("NFC"))
  .pipe(z.string().min(1).max(64));
const password = z.string().min(8).max(128);

export const newUserShape = z.object({ name, password });

export const changesShape = z
  .object({ name: name.optional(), password: password.optional() })
  .refine((changes) => changes.name !== undefined || changes.password !== undefined, {
    error: "give a name, a password, or both",
  });

/** Not the rules of a new password: those that were valid once still are. */
export const credentialsShape = z.object({ name, password: z.string().max(128) });

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export const pageShape = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  skip: z.coerce.number().int().min(0).max(1_000_000).default(0),
  /** What the name begins with. */
  prefix: name.optional(),
  createdFrom: time.optional(),
  createdBefore: time.optional(),
});

export type PageFilters = Omit<z.output<typeof pageShape>, "limit" | "skip">;

/** @throws VastifyError `invalid_argument` with `details.issues`, each a path and what is wrong there */
export function expectInput<Shape extends z.ZodType>(shape: Shape, input: unknown): z.output<Shape> {
  const parsed = shape.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const said = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  throw new VastifyError("invalid_argument", said, { details: { issues } });
}
