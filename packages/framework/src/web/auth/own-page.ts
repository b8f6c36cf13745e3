import type { Context } from "koa";
import { VastifyError } from "../../core/index.js";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what changes something and was sent by the page of another site (CSRF): by `sec-fetch-site`, or by `origin`
 * where a browser does not say it. What sends neither is no browser.
 * @throws VastifyError `permission_denied`, reason `cross_site`
 */
export function expectOwnPage(ctx: Context): void {
  if (safeMethods.has(ctx.method)) return;
  const site = ctx.get("sec-fetch-site");
  const origin = ctx.get("origin");
  const isOwn = site !== "" ? site === "same-origin" || site === "none" : origin === "" || isOurs(origin, ctx.host);
  if (isOwn) return;
  throw new VastifyError("permission_denied", "the cookie counts only for requests of our own pages", {
    reason: "cross_site",
  });
}

function isOurs(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
