import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { Context } from "koa";

/**
 * A request and its answer, as far as most of what we do with them must know: Koa's context is one, and so is what
 * stands for it where a request does not pass Koa (docs/decisions/0026-past-koa.md). All of it means what it means in Koa.
 */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  // biome-ignore lint/suspicious/noExplicitAny: as in Koa, each step knows what is its own.
  readonly state: any;
  readonly method: string;
  readonly path: string;
  readonly querystring: string;
  readonly query: ParsedUrlQuery;
  readonly headers: IncomingHttpHeaders;
  readonly host: string;
  readonly secure: boolean;
  readonly cookies: Pick<Context["cookies"], "get">;
  readonly response: {
    /** Undefined for a header that is not set. */
    get(name: string): string;
    readonly headers: OutgoingHttpHeaders;
  };
  status: number;
  body: unknown;
  /** Of the answer, in bytes; undefined while nobody knows. */
  length: number | undefined;
  /** Of the request's headers; "" for one that it does not have. */
  get(name: string): string;
  is(...types: string[]): string | false | null;
  acceptsEncodings(...encodings: string[]): string | false;
  /** Names are given in small letters. */
  set(headers: Readonly<Record<string, string | string[]>>): void;
  set(name: string, value: string | string[]): void;
  remove(name: string): void;
  redirect(url: string): void;
}
