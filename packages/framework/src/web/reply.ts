import type { Context } from "koa";

/** What an action may say of its HTTP answer, in its result's `http$`. */
export interface HttpDirectives {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  redirect?: string;
}

/**
 * Sends an action's result. Its `http$` sets status, headers or a redirect and is not part of the body; nothing to
 * send is 204; everything else is JSON, strings too. A caller who has what its `etag` header names gets 304.
 * @param usualStatus of an answer whose result does not say one
 */
export function sendResult(ctx: Context, result: unknown, usualStatus?: number): void {
  const { http = {}, body } = splitResult(result);
  if (http.headers) ctx.set({ ...http.headers });
  if (http.redirect !== undefined) {
    ctx.redirect(http.redirect);
    if (http.status !== undefined) ctx.status = http.status;
    return;
  }
  if (body === undefined || body === null || http.status === 204) {
    ctx.body = null;
    ctx.status = http.status ?? usualStatus ?? 204;
    return;
  }
  ctx.status = http.status ?? usualStatus ?? 200;
  ctx.type = "json";
  ctx.body = JSON.stringify(body);
  if (isKnownToCaller(ctx)) {
    ctx.body = null;
    ctx.status = 304;
  }
}

/** RFC 9110, "If-None-Match". Koa's `fresh` says no to `cache-control: no-cache`, which Node's own fetch sends along. */
function isKnownToCaller(ctx: Context): boolean {
  const tag = ctx.res.getHeader("etag");
  if (typeof tag !== "string" || ctx.status !== 200 || (ctx.method !== "GET" && ctx.method !== "HEAD")) return false;
  const known = ctx.get("if-none-match").split(",").map(opaqueTag);
  return known.includes("*") || known.includes(opaqueTag(tag));
}

function opaqueTag(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}

function splitResult(result: unknown): { http?: HttpDirectives; body: unknown } {
  if (typeof result !== "object" || result === null || !("http$" in result)) return { body: result };
  const { http$, ...body } = result as { http$: HttpDirectives };
  return { http: http$ ?? {}, body: Object.keys(body).length > 0 ? body : undefined };
}
