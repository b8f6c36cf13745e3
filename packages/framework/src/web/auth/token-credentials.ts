import type { JWTPayload } from "jose";
import { type Logger, VastifyError } from "../../core/index.js";
import type { Exchange } from "../exchange.js";
import { reportOnce } from "../report-once.js";
import type { RequestState } from "../request-life.js";
import { authorizationOf, badCredentials, type Credentials } from "./credentials.js";
import { expectOwnPage, isFromOwnPage } from "./own-page.js";
import { createSigningKeys } from "./signing-keys.js";
import type { ResolvedTokenOptions } from "./token-options.js";

export interface TokenCredentialsOptions {
  tokens: ResolvedTokenOptions;
  /** In milliseconds since 1970. */
  now(): number;
  log: Logger;
}

/** JWTs in `Authorization: Bearer …`, or in a cookie. */
export function tokenCredentials({ tokens, now, log }: TokenCredentialsOptions): Credentials {
  const { issuer, audience, algorithms, clockSkewMs, scopesClaim, rolesClaim, cookie, signedBy } = tokens;
  // Only gateways that take tokens load it.
  const loading = import("jose").then((jose) => ({ jose, keys: createSigningKeys({ jose, signedBy, now, log }) }));
  loading.catch(() => {});
  const report = reportOnce(log);
  const expected = {
    issuer,
    audience: [...audience],
    algorithms: [...algorithms],
    clockTolerance: clockSkewMs / 1_000,
    requiredClaims: ["exp", "sub"],
  };

  async function verify(token: string): Promise<JWTPayload> {
    const { jose, keys } = await loading;
    try {
      const { payload } = await jose.jwtVerify(token, keys, { ...expected, currentDate: new Date(now()) });
      return payload;
    } catch (thrown) {
      if (VastifyError.is(thrown)) throw thrown;
      throw badCredentials(whyNot(thrown, jose.errors), thrown);
    }
  }

  return {
    challenge: "Bearer",
    schemes: {
      token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      ...(cookie !== undefined && { cookie: { type: "apiKey", in: "cookie", name: cookie } }),
    },
    async identify(ctx) {
      const token = authorizationOf(ctx, "Bearer") ?? cookieOf(ctx, cookie);
      if (token === undefined) return undefined;
      const claims = await verify(token);
      const { sub, client_id: client, azp } = claims;
      if (typeof sub !== "string" || sub === "") throw badCredentials("the token's sub is not a name");
      const consumer = [client, azp, sub].find((name): name is string => typeof name === "string" && name !== "");
      return {
        kind: "token",
        subject: sub,
        consumer: consumer ?? sub,
        scopes: wordsOf(claims[scopesClaim]),
        roles: wordsOf(claims[rolesClaim]),
      };
    },
    review(ctx) {
      if (cookie === undefined || !setsCookie(ctx, cookie) || isFromOwnPage(ctx)) return;
      dropCookie(ctx, cookie);
      const { route = "" } = ctx.state as RequestState;
      report(`${ctx.method} ${route} sets the cookie ${cookie} only for pages of our own, and others ask for it too`);
    },
  };
}

function setsCookie(ctx: Exchange, name: string): boolean {
  return cookiesSet(ctx).some((each) => each.startsWith(`${name}=`));
}

/** The page of another site must not log its reader in or out either, whatever the method: a link can do it, too. */
function dropCookie(ctx: Exchange, name: string): void {
  const others = cookiesSet(ctx).filter((each) => !each.startsWith(`${name}=`));
  if (others.length > 0) ctx.set("set-cookie", others);
  else ctx.remove("set-cookie");
}

function cookiesSet(ctx: Exchange): string[] {
  return [ctx.response.headers["set-cookie"] ?? []].flat().map(String);
}

/** Browsers send cookies whoever asks them to, so a page of somebody else must not act in its reader's name. */
function cookieOf(ctx: Exchange, name: string | undefined): string | undefined {
  const token = name === undefined ? undefined : ctx.cookies.get(name, { signed: false });
  if (token !== undefined) expectOwnPage(ctx);
  return token;
}

/** What a claim lists: as a list, or as a text with spaces. */
function wordsOf(claim: unknown): readonly string[] {
  const words: readonly unknown[] = typeof claim === "string" ? claim.split(" ") : Array.isArray(claim) ? claim : [];
  return words.filter((word): word is string => typeof word === "string" && word !== "");
}

function whyNot(thrown: unknown, errors: typeof import("jose").errors): string {
  if (thrown instanceof errors.JWTExpired) return "the token has expired";
  if (thrown instanceof errors.JWTClaimValidationFailed)
    return `the token's ${thrown.claim} is not one that counts here`;
  return "the token is not signed by its issuer";
}
