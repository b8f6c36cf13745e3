import { hash } from "node:crypto";
import type { Context } from "koa";

/** A weak tag of a text: equal texts have equal ones, however they are encoded on their way. */
export function weakTag(text: string): string {
  return `W/"${hash("sha1", text, "base64url")}"`;
}

/** Whether the client has already what it would be sent, as its `If-None-Match` or `If-Modified-Since` says. */
export function isFresh(ctx: Context): boolean {
  return ctx.status === 200 && (ctx.method === "GET" || ctx.method === "HEAD") && ctx.fresh;
}
