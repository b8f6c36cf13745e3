import { type Identity, VastifyError } from "../../core/index.js";
import type { Exchange } from "../exchange.js";

export type SecuritySchemes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** One way in which a client can show who it is. */
export interface Credentials {
  /** What a 401 offers in `WWW-Authenticate`. */
  readonly challenge: string;
  /** The same as OpenAPI's security schemes, by the names that the document gives them. */
  readonly schemes: SecuritySchemes;
  /**
   * Who the credentials of a request belong to; undefined when it shows none of this kind.
   * @throws VastifyError `unauthenticated` reason `bad_credentials`, and others of the kind
   */
  identify(ctx: Exchange): Promise<Identity | undefined> | Identity | undefined;
  /** Looks at the answer before it is sent. */
  review?(ctx: Exchange): void;
}

/** What follows an authentication scheme in a request's `authorization`, if it is this scheme. */
export function authorizationOf(ctx: Exchange, scheme: string): string | undefined {
  const [given = "", ...rest] = ctx.get("authorization").split(" ");
  return given.toLowerCase() === scheme.toLowerCase() ? rest.join(" ").trim() : undefined;
}

/** @param why told to the client, so nothing that it did not know */
export function badCredentials(why: string, cause?: unknown): VastifyError {
  return new VastifyError("unauthenticated", why, { reason: "bad_credentials", cause });
}
