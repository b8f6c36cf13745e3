import type { Context } from "koa";
import { VastifyError } from "../../core/index.js";
import { isOwnOrigin } from "../auth/own-page.js";
import { type Upgrade, upgradeOf } from "./upgrade.js";

/** Sixteen random bytes in base64 (RFC 6455, section 4.1). */
const keyShape = /^[A-Za-z0-9+/]{22}==$/;

/**
 * Expects a request that opens a WebSocket as RFC 6455 wants it. Browsers open sockets for pages of any site without
 * asking us first, and let them read what comes: so what CORS does for other requests must be done here.
 * @param origins of other sites whose pages may open sockets; `*` stands for all
 * @throws VastifyError `failed_precondition` reason `upgrade_required` (426), `invalid_argument` reason `bad_handshake`,
 * `permission_denied` reason `cross_site`
 */
export function expectHandshake(ctx: Context, origins: readonly string[]): Upgrade {
  const upgrade = upgradeOf(ctx.req);
  if (!upgrade || ctx.get("sec-websocket-version") !== "13") {
    ctx.set({ upgrade: "websocket", "sec-websocket-version": "13" });
    throw new VastifyError("failed_precondition", "this route is a WebSocket, of version 13 (RFC 6455)", {
      reason: "upgrade_required",
    });
  }
  if (!keyShape.test(ctx.get("sec-websocket-key")))
    throw new VastifyError("invalid_argument", "sec-websocket-key must be 16 bytes in base64", {
      reason: "bad_handshake",
    });
  const origin = ctx.get("origin");
  if (isOwnOrigin(origin, ctx.host) || origins.includes(origin) || origins.includes("*")) return upgrade;
  throw new VastifyError("permission_denied", "pages of other sites may not open sockets here", {
    reason: "cross_site",
  });
}
