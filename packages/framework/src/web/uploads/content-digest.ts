import { createHash, timingSafeEqual } from "node:crypto";
import { VastifyError } from "../../core/index.js";

/** Checks a body against what its sender says it is. */
export interface DigestCheck {
  update(chunk: Buffer): void;
  /** @throws VastifyError `invalid_argument`, reason `bad_digest`, when another body has arrived */
  end(): void;
}

/**
 * Reads a `Content-Digest` header (RFC 9530).
 * @returns undefined when it has no sha-256
 * @throws VastifyError `invalid_argument`, reason `bad_digest`, for one that can't be one
 */
export function readContentDigest(header: string): DigestCheck | undefined {
  const match = /(?:^|,)\s*sha-256=:([^:]*):/i.exec(header);
  if (!match) return undefined;
  const said = Buffer.from(match[1] ?? "", "base64");
  if (said.length !== 32) throw badDigest("the Content-Digest has a sha-256 that is not 32 bytes in base64");
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    end() {
      if (!timingSafeEqual(hash.digest(), said)) throw badDigest("the body is not what its Content-Digest says");
    },
  };
}

export function badDigest(message: string): VastifyError {
  return new VastifyError("invalid_argument", message, { reason: "bad_digest" });
}
