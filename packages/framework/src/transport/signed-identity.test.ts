import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Identity } from "../core/index.js";
import { createIdentityCheck, createIdentitySeal, expectIdentityKeys } from "./signed-identity.js";

const key = "a secret that all services know, and nobody else";
const otherKey = "another secret, which they will know after this one";
const identity: Identity = { kind: "token", subject: "reader-7", consumer: "shop", scopes: ["borrow"], roles: ["é"] };
const call = { target: "library", tx: "trace-1" };
const time = Date.parse("2026-01-01T00:00:00Z");

const seal = (keys: readonly string[] = [key]) => createIdentitySeal(keys, () => time)?.(identity, call) ?? "";

function check(text: unknown, { keys = [key], target = "library", tx = "trace-1", afterMs = 0 } = {}) {
  return createIdentityCheck({ keys, target, now: () => time + afterMs })(text, tx);
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token as somebody without the key, or with it, would write it. */
function forged(header: object, claims: object, signedWith: string): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", signedWith).update(signed).digest("base64url")}`;
}

describe("a signed identity", () => {
  it("is read by whom the call is for, while the call is fresh", () => {
    expect(check(seal())).toEqual(identity);
    expect(check(seal(), { afterMs: 59_000 })).toEqual(identity);
  });

  it("counts by any of the keys, so that they can be changed while services run", () => {
    expect(check(seal([otherKey]), { keys: [key, otherKey] })).toEqual(identity);
    expect(check(seal([key, otherKey]), { keys: [key] })).toEqual(identity);
  });

  const [header = "", claims = "", signature = ""] = seal().split(".");
  const claimed = JSON.parse(Buffer.from(claims, "base64url").toString());
  const typed = JSON.parse(Buffer.from(header, "base64url").toString());
  it.each<[string, unknown, Parameters<typeof check>[1]?]>([
    ["for another target", seal(), { target: "shop" }],
    ["of another call", seal(), { tx: "trace-2" }],
    ["that has expired", seal(), { afterMs: 61_000 }],
    ["of another key", seal([otherKey])],
    ["with other claims", `${header}.${encode({ ...claimed, roles: ["admin"] })}.${signature}`],
    ["without a signature", `${header}.${claims}.`],
    ["with a part of a signature", seal().slice(0, -1)],
    ["with more behind it", `${seal()}A`],
    ["that says it needs no signature", `${encode({ ...typed, alg: "none" })}.${claims}.`],
    ["of another kind of token that the same secret signs", forged({ alg: "HS256" }, claimed, key)],
    ["that is empty", ""],
    ["that is no text", { identity }],
    ["that is too long", `${seal()}${"A".repeat(20_000)}`],
  ])("%s is refused", (_what, text, circumstances) => {
    expect(() => check(text, circumstances)).toThrow(
      expect.objectContaining({ code: "unauthenticated", reason: "bad_identity" }),
    );
  });

  it("is nobody's without a text, and nobody's without a key, whatever the text says", () => {
    expect(check(undefined)).toBeUndefined();
    expect(createIdentityCheck(undefined)(seal(), call.tx)).toBeUndefined();
    expect(createIdentitySeal([])).toBeUndefined();
  });
});

it("keys are long secrets, which no error shows", () => {
  expect(expectIdentityKeys("keys", [key])).toEqual([key]);
  for (const keys of [[], "text", ["hunter2"], [key, 7]])
    expect(() => expectIdentityKeys("keys", keys)).toThrow(/keys/);
  expect(() => expectIdentityKeys("keys", ["hunter2"])).toThrow(/^(?!.*hunter2)/);
});
