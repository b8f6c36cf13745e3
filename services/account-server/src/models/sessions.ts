import { SignJWT } from "jose";
import { VastifyError } from "vastify";
import { session } from "../contract.js";

export interface SessionOptions {
  /** Signs the tokens; the gateway knows it too. 32 characters at least. */
  readonly secret: string;
  /** How long a session lasts. */
  readonly hours: number;
  /** Whether browsers send the cookie over HTTPS only. False is for `http://localhost`. */
  readonly isSecure: boolean;
}

export interface Sessions {
  /** The `Set-Cookie` of a session of this user. */
  begin(userId: string): Promise<string>;
  /** The `Set-Cookie` that takes it back. */
  end(): string;
}

const fewestCharacters = 32;

/**
 * Sessions as signed tokens in a cookie that scripts can't read: nothing of them is stored, so one that was taken back
 * counts until its time is up for whoever kept a copy.
 * @param now in milliseconds since 1970
 * @throws VastifyError `invalid_argument`, reason `bad_option`, for a secret that is too short
 */
export function createSessions({ secret, hours, isSecure }: SessionOptions, now: () => number = Date.now): Sessions {
  if (secret.length < fewestCharacters)
    throw new VastifyError("invalid_argument", `SESSION_SECRET must have ${fewestCharacters} characters at least`, {
      reason: "bad_option",
    });
  const key = new TextEncoder().encode(secret);
  const { cookie, issuer, audience } = session;
  const seconds = hours * 3_600;
  const write = (value: string, maxAge: number) =>
    `${cookie}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;

  return {
    async begin(userId) {
      const issuedAt = Math.floor(now() / 1_000);
      const token = await new SignJWT()
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + seconds)
        .sign(key);
      return write(token, seconds);
    },
    end: () => write("", 0),
  };
}
