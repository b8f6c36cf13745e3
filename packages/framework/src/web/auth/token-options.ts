import { badOption, type Check, fields, list, milliseconds, text } from "../../core/index.js";

/** Public keys in the form of RFC 7517. */
export interface JsonWebKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Which JWTs are taken. Exactly one of `jwksUrl`, `jwks` and `secret` says how they are signed. */
export interface TokenOptions {
  /** Who must have issued them: their `iss`. */
  issuer: string;
  /** Whom they must be meant for: one of these is in their `aud`. */
  audience: string | readonly string[];
  /** Where the issuer publishes its public keys. They are asked for when first needed, and again by and by. */
  jwksUrl?: string;
  /** The issuer's public keys themselves. */
  jwks?: JsonWebKeys;
  /** What both sides know, of 32 characters at least. */
  secret?: string;
  /**
   * How they may be signed; never `none`, and never by a secret with public keys.
   * @default RS256, PS256, ES256 and EdDSA; with `secret` HS256
   */
  algorithms?: readonly string[];
  /** How wrong the issuer's clock may be, in milliseconds. @default 30_000 */
  clockSkewMs?: number;
  /** The claim with the scopes: a list, or a text with spaces between them. @default "scope" */
  scopesClaim?: string;
  /** The claim with the roles, likewise. @default "roles" */
  rolesClaim?: string;
  /** A cookie that may bring the token, too, if the request comes from our own pages. @default none */
  cookie?: string;
}

export interface ResolvedTokenOptions {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly signedBy: { readonly url: URL } | { readonly jwks: JsonWebKeys } | { readonly secret: string };
  readonly algorithms: readonly string[];
  readonly clockSkewMs: number;
  readonly scopesClaim: string;
  readonly rolesClaim: string;
  readonly cookie: string | undefined;
}

/** Signatures by a private key, and by a secret that both sides know (RFC 7518, RFC 8037). */
const byKeys = ["RS256", "PS256", "ES256", "EdDSA"];
const allByKeys: readonly string[] = [...byKeys, "RS384", "RS512", "PS384", "PS512", "ES384", "ES512", "Ed25519"];
const bySecret: readonly string[] = ["HS256", "HS384", "HS512"];

const textOrTexts: Check<string | readonly string[]> = (value, where) =>
  Array.isArray(value) ? list(text)(value, where) : text(value, where);

const jwks: Check<JsonWebKeys> = (value, where) => {
  const keys = (value as Partial<JsonWebKeys> | null)?.keys;
  if (Array.isArray(keys) && keys.every((key) => typeof key?.kty === "string" && key.kty !== "oct"))
    return value as JsonWebKeys;
  throw badOption(where, typeof value, "public keys: { keys: [{ kty, … }] }");
};

const known = fields<TokenOptions>({
  issuer: text,
  audience: textOrTexts,
  jwksUrl: text,
  jwks,
  secret: text,
  algorithms: list(text),
  clockSkewMs: milliseconds(0),
  scopesClaim: text,
  rolesClaim: text,
  cookie: text,
});

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option */
export function resolveTokenOptions(options: TokenOptions, where: string): ResolvedTokenOptions {
  const { issuer, audience, algorithms, ...given } = known(options, where);
  if (issuer === undefined) throw badOption(`${where}.issuer`, issuer, "the issuer of tokens");
  if (audience === undefined || audience.length === 0)
    throw badOption(`${where}.audience`, audience, "whom tokens are meant for");
  const signedBy = signedByOf(given, where);
  const allowed = "secret" in signedBy ? bySecret : allByKeys;
  for (const algorithm of algorithms ?? [])
    if (!allowed.includes(algorithm))
      throw badOption(`${where}.algorithms`, algorithm, `some of ${allowed.join(", ")}`);
  return {
    issuer,
    audience: typeof audience === "string" ? [audience] : audience,
    signedBy,
    algorithms: algorithms ?? ("secret" in signedBy ? ["HS256"] : byKeys),
    clockSkewMs: given.clockSkewMs ?? 30_000,
    scopesClaim: given.scopesClaim ?? "scope",
    rolesClaim: given.rolesClaim ?? "roles",
    cookie: given.cookie,
  };
}

function signedByOf({ jwksUrl, jwks, secret }: Partial<TokenOptions>, where: string): ResolvedTokenOptions["signedBy"] {
  const given = [jwksUrl, jwks, secret].filter((one) => one !== undefined);
  if (given.length !== 1) throw badOption(where, `${given.length} of them`, "one of jwksUrl, jwks and secret");
  if (jwks) return { jwks };
  if (jwksUrl !== undefined) {
    const url = URL.canParse(jwksUrl) ? new URL(jwksUrl) : undefined;
    if (url?.protocol === "https:" || url?.protocol === "http:") return { url };
    throw badOption(`${where}.jwksUrl`, jwksUrl, "an http(s) URL");
  }
  if (secret === undefined || secret.length < 32)
    throw badOption(`${where}.secret`, `${secret?.length} characters`, "32 characters at least");
  return { secret };
}
