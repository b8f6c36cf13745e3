import { describe, expect, it } from "vitest";
import { resolveTokenOptions, type TokenOptions } from "./token-options.js";

const issuer = "https://issuer.example";
const jwksUrl = `${issuer}/keys`;
const unsigned = { issuer, audience: "us" };
const whole = { ...unsigned, secret: "s".repeat(32) };

describe("options of tokens", () => {
  it("allow only algorithms that fit what is known of the issuer", () => {
    expect(resolveTokenOptions(whole, "auth.tokens").algorithms).toEqual(["HS256"]);
    const byKeys = resolveTokenOptions({ ...unsigned, jwksUrl }, "auth.tokens");
    expect(byKeys.algorithms).toEqual(["RS256", "PS256", "ES256", "EdDSA"]);
  });

  it.each<[object, RegExp]>([
    [{ ...whole, algorithms: ["none"] }, /algorithms must be some of HS256/],
    [{ ...whole, algorithms: ["RS256"] }, /algorithms must be some of HS256/],
    [{ ...unsigned, jwksUrl, algorithms: ["HS256"] }, /must be some of RS256/],
    [{ ...unsigned, secret: "short" }, /secret must be 32 characters at least, got "5 characters"/],
    [{ ...whole, jwksUrl }, /must be one of jwksUrl, jwks and secret, got "2 of them"/],
    [unsigned, /must be one of jwksUrl, jwks and secret, got "0 of them"/],
    [{ ...unsigned, jwksUrl: "file:///etc/keys" }, /jwksUrl must be an http/],
    [{ ...unsigned, jwks: { keys: [{ kty: "oct", k: "c2VjcmV0" }] } }, /jwks must be public keys/],
    [{ ...whole, issuer: "" }, /issuer must be/],
    [{ ...whole, audience: [] }, /audience must be/],
    [{ ...whole, leeway: 10 }, /auth\.tokens\.leeway must be left out/],
  ])("refuse %j", (options, expected) => {
    expect(() => resolveTokenOptions(options as TokenOptions, "auth.tokens")).toThrow(expected);
  });
});
