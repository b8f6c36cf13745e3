import type { Identity } from "vastify";
import { expect, it } from "vitest";
import { expectOwnAccount } from "./own-account.js";

const alice: Identity = { kind: "token", subject: "a".repeat(24), consumer: "shop", scopes: [], roles: [] };

it.each<[string, Identity | undefined, string | undefined]>([
  ["its user", alice, undefined],
  ["an admin", { ...alice, subject: "b".repeat(24), roles: ["admin"] }, undefined],
  ["a key of an admin", { ...alice, kind: "key", subject: "shop.1", roles: ["admin"] }, undefined],
  ["another user", { ...alice, subject: "b".repeat(24) }, "missing_access"],
  ["a key that is named like its user", { ...alice, kind: "key" }, "missing_access"],
  ["nobody who is known", undefined, "not_logged_in"],
])("an account may be changed by %s, or not", (_who, identity, reason) => {
  const change = () => expectOwnAccount(identity, alice.subject);
  if (reason === undefined) expect(change).not.toThrow();
  else expect(change).toThrow(expect.objectContaining({ reason }));
});
