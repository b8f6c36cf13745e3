import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

interface Cost {
  /** Base-2 logarithm of N, the cost in memory and time. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

// One of the equivalent settings of OWASP's password storage cheat sheet: 32 MiB for each hash.
const cost: Cost = { ln: 15, r: 8, p: 3 };
const saltBytes = 16;
const keyBytes = 32;
const hashShape = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/;

/** A password as it is stored: scrypt's parameters, the salt and the key, so that the cost can rise later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, cost);
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${salt.toString("base64")}$${key.toString("base64")}`;
}

/**
 * Whether the password is the one that `hash` was made of.
 * @param hash undefined for a user who doesn't exist: the answer is no, after the same work
 */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const stored = hash === undefined ? undefined : parseHash(hash);
  const { salt, key, ...parameters } = stored ?? { ...cost, salt: randomBytes(saltBytes), key: randomBytes(keyBytes) };
  const derived = await derive(password, salt, parameters);
  return derived.length === key.length && timingSafeEqual(derived, key) && stored !== undefined;
}

function parseHash(hash: string): Cost & { salt: Buffer; key: Buffer } {
  const match = hashShape.exec(hash);
  if (!match) throw new Error("a stored password hash has an unknown form");
  const [, ln, r, p, salt, key] = match as unknown as [string, string, string, string, string, string];
  return {
    ...{ ln: Number(ln), r: Number(r), p: Number(p) },
    ...{ salt: Buffer.from(salt, "base64"), key: Buffer.from(key, "base64") },
  };
}

function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  // What looks the same to people is the same password, however their keyboard composes it.
  const normalized = password.normalize("NFKC");
  const N = 2 ** ln;
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r };
  return new Promise((resolve, reject) => {
    scrypt(normalized, salt, keyBytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
