import { VastifyError } from "../../core/index.js";
import type { Exchange } from "../exchange.js";
import { upgradeOf } from "../sockets/upgrade.js";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request that changes something is none of another site's page. What only reads may come from anywhere; but a
 * WebSocket, which begins as such, lets its page act, and browsers always say whose page that is.
 */
export function isOwnPage(ctx: Exchange): boolean {
  if (upgradeOf(ctx.req)) return isOwnOrigin(ctx.get("origin"), ctx.host);
  return safeMethods.has(ctx.method) || isFromOwnPage(ctx);
}

/**
 * Whether a request was sent by a page of our own, or by no browser: by `sec-fetch-site`, or by `origin` where a browser
 * does not say it.
 */
export function isFromOwnPage(ctx: Exchange): boolean {
  const site = ctx.get("sec-fetch-site");
  const origin = ctx.get("origin");
  return site !== "" ? site === "same-origin" || site === "none" : isOwnOrigin(origin, ctx.host);
}

/**
 * Refuses what changes something and was sent by the page of another site (CSRF).
 * @throws VastifyError `permission_denied`, reason `cross_site`
 */
export function expectOwnPage(ctx: Exchange): void {
  if (isOwnPage(ctx)) return;
  throw new VastifyError("permission_denied", "the cookie counts only for requests of our own pages", {
    reason: "cross_site",
  });
}

/** Whether a page of our own sent a request with this `origin`, or no browser. */
export function isOwnOrigin(origin: string, host: string): boolean {
  return origin === "" || (URL.canParse(origin) && new URL(origin).host === host);
}
