import { createHmac, timingSafeEqual } from "node:crypto";
import { badOption, type Identity, VastifyError } from "../core/index.js";

/** What a signed identity is bound to: for another call it is worth nothing. */
export interface SealedCall {
  /** Who answers it. */
  readonly target: string;
  readonly tx: string;
}

/** Writes an identity as a text that whoever has a key can check. */
export type IdentitySeal = (identity: Identity, call: SealedCall) => string;

/**
 * Reads who a call is made for; nobody when its caller did not say, or when there is no key to check it with.
 * @param text what came with the call
 * @throws VastifyError `unauthenticated`, reason `bad_identity`
 */
export type IdentityCheck = (text: unknown, tx: string | undefined) => Identity | undefined;

/** In milliseconds since 1970. */
type Now = () => number;

/** Long enough for clocks that disagree, and far too short for a text found in a dump. */
const lifetimeMs = 60_000;
const fewestCharacters = 32;
const maxLength = 16_384;

/**
 * A JWT's (RFC 7519), with a type of its own, so that no other token counts that the same secret signs (RFC 8725, "Use
 * Explicit Typing"). It is always this very text: nothing in it is up to the sender.
 */
const header = encode({ alg: "HS256", typ: "vastify-identity+jwt" });
const digestLength = 43;

/** @throws VastifyError `invalid_argument`, reason `bad_option`, which never shows a key */
export function expectIdentityKeys(name: string, keys: unknown): readonly string[] {
  if (!Array.isArray(keys) || keys.length === 0) throw badOption(name, typeof keys, "a list of secrets");
  keys.forEach((key, index) => {
    if (typeof key !== "string" || key.length < fewestCharacters)
      throw badOption(`${name}[${index}]`, "something shorter", `a secret of ${fewestCharacters} characters at least`);
  });
  return keys;
}

/** @param keys the first one signs */
export function createIdentitySeal([key]: readonly string[], now: Now = Date.now): IdentitySeal | undefined {
  if (key === undefined) return undefined;
  return ({ subject: sub, ...others }, { target: aud, tx }) => {
    const claims: Claims = { aud, tx, exp: Math.ceil((now() + lifetimeMs) / 1_000), sub, ...others };
    const signed = `${header}.${encode(claims)}`;
    return `${signed}.${digestOf(signed, key)}`;
  };
}

export interface IdentityCheckOptions {
  /** Who we are. */
  readonly target: string;
  /** Any of them will do, so that they can be changed one process after the other. */
  readonly keys: readonly string[];
  readonly now?: Now;
}

export function createIdentityCheck(options: IdentityCheckOptions | undefined): IdentityCheck {
  if (options === undefined) return () => undefined;
  const { target, keys, now = Date.now } = options;
  return (text, tx) => {
    if (text === undefined) return undefined;
    const { aud, tx: signedTx, exp, sub: subject, kind, consumer, scopes, roles } = claimsOf(text, keys);
    if (aud !== target) throw badIdentity(`it was signed for a call to ${aud}`);
    if (tx === undefined || signedTx !== tx) throw badIdentity("it was signed for another call");
    if (now() > exp * 1_000) throw badIdentity("it has expired");
    return { kind, subject, consumer, scopes, roles };
  };
}

interface Claims extends Omit<Identity, "subject"> {
  readonly aud: string;
  readonly tx: string;
  /** In seconds since 1970. */
  readonly exp: number;
  readonly sub: string;
}

/** The claims of a text that one of the keys signed: nobody else can have written them. */
function claimsOf(text: unknown, keys: readonly string[]): Claims {
  if (typeof text !== "string" || text.length > maxLength) throw badIdentity("it is no text, or too long a one");
  const end = text.length - digestLength - 1;
  const signed = text.slice(0, end);
  const shown = Buffer.from(text.slice(end + 1));
  const isSigned = (key: string) => {
    const digest = Buffer.from(digestOf(signed, key));
    return digest.length === shown.length && timingSafeEqual(digest, shown);
  };
  const isWhole = text.startsWith(`${header}.`) && text[end] === ".";
  if (!isWhole || !keys.some(isSigned)) throw badIdentity("none of the keys here has signed it");
  return JSON.parse(Buffer.from(signed.slice(header.length + 1), "base64url").toString());
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function digestOf(signed: string, key: string): string {
  return createHmac("sha256", key).update(signed).digest("base64url");
}

function badIdentity(why: string): VastifyError {
  return new VastifyError("unauthenticated", `who the call is made for does not count: ${why}`, {
    reason: "bad_identity",
  });
}
