import { hash } from "node:crypto";
import type { Context } from "koa";

/** A weak tag of a text: equal texts have equal ones, however they are encoded on their way. */
export function weakTag(text: string): string {
  return `W/"${hash("sha1", text, "base64url")}"`;
}

/**
 * Whether the client has already what it would be sent, as its `If-None-Match` or `If-Modified-Since` says (RFC 9110).
 * Koa's `fresh` says no to `cache-control: no-cache`, which Node's own fetch sends along with a tag.
 */
export function isFresh(ctx: Context): boolean {
  const { "if-none-match": tags, "if-modified-since": time } = ctx.headers;
  if (tags === undefined && time === undefined) return false;
  if (ctx.status !== 200 || (ctx.method !== "GET" && ctx.method !== "HEAD")) return false;
  return ctx.fresh || isTagKnown(ctx);
}

function isTagKnown(ctx: Context): boolean {
  const tag = ctx.res.getHeader("etag");
  if (typeof tag !== "string") return false;
  const known = ctx.get("if-none-match").split(",").map(opaqueTag);
  return known.includes("*") || known.includes(opaqueTag(tag));
}

function opaqueTag(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}
