import { hash } from "node:crypto";
import type { Exchange } from "../exchange.js";

/** A weak tag of a text: equal texts have equal ones, however they are encoded on their way. */
export function weakTag(text: string): string {
  return `W/"${hash("sha1", text, "base64url")}"`;
}

/** Whether the client has already what it would be sent, as its `If-None-Match`, or else `If-Modified-Since`, says (RFC 9110). */
export function isFresh(ctx: Exchange): boolean {
  const { "if-none-match": tags, "if-modified-since": time } = ctx.headers;
  if (tags === undefined && time === undefined) return false;
  if (ctx.status !== 200 || (ctx.method !== "GET" && ctx.method !== "HEAD")) return false;
  return tags === undefined ? isUnchangedSince(ctx, time) : isTagKnown(ctx, tags);
}

function isTagKnown(ctx: Exchange, tags: string): boolean {
  const tag: string | undefined = ctx.response.get("etag");
  const known = tags.split(",").map(opaqueTag);
  return tag !== undefined && (known.includes("*") || known.includes(opaqueTag(tag)));
}

function isUnchangedSince(ctx: Exchange, time = ""): boolean {
  return Date.parse(ctx.response.get("last-modified")) <= Date.parse(time);
}

function opaqueTag(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}
