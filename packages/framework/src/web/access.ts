import type { AccessRules } from "../contracts/index.js";
import { VastifyError } from "../core/index.js";

/** Who sends a request, as whoever checked it says. */
export interface Identity {
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/**
 * Lets a request through to an action, or not. Without anybody who checks identities, an action that wants roles or
 * scopes is closed to all.
 * @throws VastifyError `unauthenticated` reason `not_logged_in`, `permission_denied` reason `missing_access`
 */
export function expectAllowed({ roles, scopes }: Required<AccessRules>, identity: Identity | undefined): void {
  if (roles.length === 0 && scopes.length === 0) return;
  if (!identity) throw new VastifyError("unauthenticated", "log in first", { reason: "not_logged_in" });
  if (roles.length > 0 && !roles.some((role) => identity.roles.includes(role)))
    throw missingAccess(`one of the roles ${roles.join(", ")}`);
  const missing = scopes.filter((scope) => !identity.scopes.includes(scope));
  if (missing.length > 0) throw missingAccess(`the scope ${missing.join(", ")}`);
}

function missingAccess(needed: string): VastifyError {
  return new VastifyError("permission_denied", `${needed} is needed`, { reason: "missing_access" });
}
