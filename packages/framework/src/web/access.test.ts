import { describe, expect, it } from "vitest";
import { expectAllowed } from "./access.js";

const rules = (roles: string[], scopes: string[] = []) => ({ level: "public" as const, roles, scopes });

describe("a public action", () => {
  it("is open to everybody when it wants neither roles nor scopes", () => {
    expect(() => expectAllowed(rules([]), undefined)).not.toThrow();
  });

  it("that wants a role is closed while nobody says who is there", () => {
    expect(() => expectAllowed(rules(["admin"]), undefined)).toThrow(
      expect.objectContaining({ code: "unauthenticated", reason: "not_logged_in" }),
    );
  });

  it("wants one of its roles and all of its scopes", () => {
    const wanted = rules(["admin", "editor"], ["read", "write"]);
    expect(() => expectAllowed(wanted, { roles: ["editor"], scopes: ["write", "read"] })).not.toThrow();
    for (const identity of [
      { roles: ["guest"], scopes: ["read", "write"] },
      { roles: ["admin"], scopes: ["read"] },
    ])
      expect(() => expectAllowed(wanted, identity)).toThrow(
        expect.objectContaining({ code: "permission_denied", reason: "missing_access" }),
      );
  });
});
