import { type Identity, VastifyError } from "vastify";

/** Who may change every user, such as a consumer whose API key has it. */
const adminRole = "admin";

/**
 * Lets users change themselves alone, and who has the role `admin` everybody.
 * @throws VastifyError `unauthenticated` reason `not_logged_in`, `permission_denied` reason `missing_access`
 */
export function expectOwnAccount(identity: Identity | undefined, id: string): void {
  if (!identity) throw new VastifyError("unauthenticated", "log in first", { reason: "not_logged_in" });
  const isOwn = identity.kind === "token" && identity.subject === id;
  if (isOwn || identity.roles.includes(adminRole)) return;
  throw new VastifyError("permission_denied", `the role ${adminRole} is needed for another's account`, {
    reason: "missing_access",
  });
}
