import { defineAction, defineContract, defineEvent } from "vastify";
import { z } from "zod";

/** Two ways to write one name in Unicode are one name; what can't be seen or stored is none. */
const name = z
  .string()
  .trim()
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), { error: "may hold no control characters or halves of characters" })
  .transform((text) => text.normalize("NFC"))
  .pipe(z.string().min(1).max(64));
const password = z.string().min(8).max(128);
/** One id in small letters, since what is cached of a user is forgotten by it. */
const id = z.string().toLowerCase();
const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** A user as others see it. */
const user = z.object({ id: z.string(), name: z.string(), createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() });

/** What an event tells of a user: as it was right after the change, whose number `version` is. */
const changedUser = z.object({ id: z.string(), name: z.string(), version: z.int() });

export type User = z.output<typeof user>;

/** The token that a login puts into a cookie, as a gateway is told of it: `auth: { tokens: { ...session, secret } }`. */
export const session = { cookie: "session", issuer: "account-server", audience: "vastify" } as const;

/** What account-server offers. Callers import this, and nothing else of it. */
export const account = defineContract({
  target: "account-server",
  version: "1.0.0",
  actions: {
    listUsers: defineAction({
      summary: "Lists users by name",
      pattern: { module: "user", if: "list" },
      access: "public",
      idempotent: true,
      input: z.object({
        limit: z.int().min(1).max(200).optional().describe("By default the pageSize of the service's settings, 50"),
        skip: z.int().min(0).max(1_000_000).default(0),
        prefix: name.optional().describe("What the name begins with"),
        createdFrom: time.optional(),
        createdBefore: time.optional(),
      }),
      output: z.array(user),
    }),
    findUser: defineAction({
      summary: "Finds one user",
      pattern: { module: "user", if: "load" },
      access: "public",
      idempotent: true,
      input: z.object({ id }),
      output: user,
      cache: { ttlMs: 60_000, tags: ["user:{id}"] },
    }),
    createUser: defineAction({
      summary: "Adds a user",
      pattern: { module: "user", if: "create" },
      access: "public",
      input: z.object({ name, password }),
      output: user,
    }),
    editUser: defineAction({
      summary: "Gives oneself another name, another password, or both; obeys If-Match",
      pattern: { module: "user", if: "edit" },
      access: "public",
      // Tried again after a lost answer, an edit of one version would be refused though it was done.
      idempotent: false,
      input: z
        .object({ id, name: name.optional(), password: password.optional() })
        .refine((changes) => changes.name !== undefined || changes.password !== undefined, {
          error: "give a name, a password, or both",
        }),
      output: user,
      forgets: ["user:{id}"],
    }),
    deleteUser: defineAction({
      summary: "Deletes oneself; obeys If-Match",
      pattern: { module: "user", if: "delete" },
      access: "public",
      input: z.object({ id }),
      forgets: ["user:{id}"],
    }),
    login: defineAction({
      summary: "Tells whether a password is a user's, and begins a session where a secret signs it",
      pattern: { module: "user", if: "login" },
      access: "public",
      idempotent: true,
      // Not the rules of a new password: those that were valid once still are.
      input: z.object({ name, password: z.string().max(128) }),
      output: z.object({ code: z.int(), desc: z.string(), user }),
    }),
    logout: defineAction({
      summary: "Takes the session's cookie back",
      pattern: { module: "user", if: "logout" },
      access: "public",
      idempotent: true,
    }),
  },
  events: {
    userCreated: defineEvent({ name: "user.created", summary: "A user was added", payload: changedUser }),
    userUpdated: defineEvent({
      name: "user.updated",
      summary: "A user got another name, another password, or both",
      payload: changedUser,
    }),
    userDeleted: defineEvent({ name: "user.deleted", summary: "A user was deleted", payload: changedUser }),
  },
});
