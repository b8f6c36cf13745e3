import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { badOption } from "../../core/index.js";

/** A new API key: the text for its consumer, and what is kept of it. */
export interface NewApiKey {
  /** What the consumer sends: `consumer.id.secret`. It is nowhere else, and can't be had again. */
  readonly text: string;
  readonly id: string;
  readonly hash: string;
}

export interface NewApiKeyOptions {
  readonly consumer: string;
  /** The same as the gateway's `auth.keys.pepper`. @default none */
  readonly pepper?: string;
}

/** Where a key comes from, and the whole of it. */
export interface ShownApiKey {
  readonly consumer: string;
  readonly id: string;
  readonly text: string;
}

const keyShape = /^([a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?)\.([a-z0-9]{1,32})\.([\w-]{43})$/;
const consumerShape = /^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$/;
const hashShape = /^hmac-sha256:([\w-]{43})$/;

/**
 * A consumer's name stands in its keys, so it is short and has no dots.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function expectConsumerName(where: string, name: unknown): void {
  if (typeof name === "string" && consumerShape.test(name)) return;
  throw badOption(where, name, "a name of small letters, digits, dashes and underscores (at most 64)");
}

/**
 * Makes a key of 256 random bits: nobody finds it by trying, so a fast hash keeps it as well as a slow one would.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function createApiKey({ consumer, pepper }: NewApiKeyOptions): NewApiKey {
  expectConsumerName("consumer", consumer);
  const id = randomBytes(6).toString("hex");
  const text = `${consumer}.${id}.${randomBytes(32).toString("base64url")}`;
  return { text, id, hash: `hmac-sha256:${digestOf(text, pepper).toString("base64url")}` };
}

/** A text read as a key, if it looks like one. */
export function readApiKey(text: string): ShownApiKey | undefined {
  const [, consumer, id] = keyShape.exec(text) ?? [];
  return consumer === undefined || id === undefined ? undefined : { consumer, id, text };
}

/** The digest in a hash as it is kept; undefined when it is none. */
export function readHash(hash: string): Buffer | undefined {
  const [, digest] = hashShape.exec(hash) ?? [];
  return digest === undefined ? undefined : Buffer.from(digest, "base64url");
}

/** Compares in a time that tells nothing, not even whether there is a key of this name. */
export function isDigestOf(text: string, digest: Buffer | undefined, pepper: string | undefined): boolean {
  const shown = digestOf(text, pepper);
  return timingSafeEqual(shown, digest ?? Buffer.alloc(shown.length)) && digest !== undefined;
}

/** The key of the hash keeps those who can only read or write where hashes are kept from making keys of their own. */
function digestOf(text: string, pepper = ""): Buffer {
  return createHmac("sha256", `vastify api key ${pepper}`).update(text).digest();
}
