import type { AccessRules } from "../contracts/index.js";
import { type Identity, VastifyError } from "../core/index.js";

/** Whether an action is for everybody who may reach it, whoever that is. */
export function wantsNothing({ roles, scopes }: Required<AccessRules>): boolean {
  return roles.length === 0 && scopes.length === 0;
}

/**
 * Lets a request through to an action, or not. Without anybody who checks identities, an action that wants roles or
 * scopes is closed to all.
 * @throws VastifyError `unauthenticated` reason `not_logged_in`, `permission_denied` reason `missing_access`
 */
export function expectAllowed(
  access: Required<AccessRules>,
  identity: Pick<Identity, "roles" | "scopes"> | undefined,
): void {
  if (wantsNothing(access)) return;
  if (!identity) throw notLoggedIn();
  const { roles, scopes } = access;
  if (roles.length > 0 && !roles.some((role) => identity.roles.includes(role)))
    throw missingAccess(`one of the roles ${roles.join(", ")}`);
  const missing = scopes.filter((scope) => !identity.scopes.includes(scope));
  if (missing.length > 0) throw missingAccess(`the scope ${missing.join(", ")}`);
}

export function notLoggedIn(): VastifyError {
  return new VastifyError("unauthenticated", "log in first", { reason: "not_logged_in" });
}

function missingAccess(needed: string): VastifyError {
  return new VastifyError("permission_denied", `${needed} is needed`, { reason: "missing_access" });
}
