import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import { type Logger, VastifyError } from "../../core/index.js";
import type { ResolvedTokenOptions } from "./token-options.js";

/** Keys that the issuer publishes are asked for again after so long, in milliseconds. */
const refreshMs = 600_000;
const answerMs = 3_000;
/** A token with a key that we don't know is a reason to ask, but not all the time, in milliseconds. */
const pauseMs = 30_000;

export interface SigningKeysOptions {
  jose: typeof import("jose");
  signedBy: ResolvedTokenOptions["signedBy"];
  /** In milliseconds since 1970. */
  now(): number;
  log: Logger;
}

/** Finds the key that a token says it is signed with. */
export function createSigningKeys({ jose, signedBy, now, log }: SigningKeysOptions): JWTVerifyGetKey {
  const { createLocalJWKSet, createRemoteJWKSet, errors } = jose;
  if ("jwks" in signedBy) return createLocalJWKSet(signedBy.jwks as unknown as JSONWebKeySet);
  if ("secret" in signedBy) {
    const key = new TextEncoder().encode(signedBy.secret);
    return () => key as never;
  }
  const { url } = signedBy;
  // They never age by themselves: stale keys are better than none when the issuer is away.
  const published = createRemoteJWKSet(url, {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    timeoutDuration: answerMs,
    cooldownDuration: pauseMs,
  });
  let askedAt = now();

  function refreshSometimes(): void {
    if (now() - askedAt < refreshMs) return;
    askedAt = now();
    published
      .reload()
      .catch((err: unknown) => log.warn(`the keys of ${url.origin} can't be read; those known before stay`, { err }));
  }

  return async (header, token) => {
    refreshSometimes();
    try {
      return await published(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) throw cause;
      if (cause instanceof errors.JOSENotSupported) throw cause;
      throw new VastifyError("unavailable", `the keys of ${url.origin} can't be read now`, {
        reason: "keys_unreachable",
        cause,
      });
    }
  };
}
