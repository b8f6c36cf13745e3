import { createHash } from "node:crypto";
import type { Context, Middleware } from "koa";
import type { GatewayRoutes } from "../gateway-routes.js";
import { expectReading } from "../methods.js";
import { ownPaths } from "../own-paths.js";
import { type OpenApiSecurity, openApiDocument } from "./openapi-document.js";

export interface ServeOpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly routes: Pick<GatewayRoutes, "routesFor" | "revision">;
  readonly security: OpenApiSecurity | undefined;
}

/** A document as it is sent. */
interface Written {
  readonly text: string;
  readonly etag: string;
}

// Clients choose the texts of ranges, so what is kept of them is bounded.
const mostKept = 100;

/**
 * `GET /openapi.json`: what is routed now. `?target=` keeps to one service, `?version=` shows what a request with this
 * `accept-version` is served by.
 */
export function serveOpenApi({ title, version, routes, security }: ServeOpenApiOptions): Middleware {
  let kept = new Map<string, Written>();
  let keptOf: unknown;

  function written(target: string | undefined, accepted: string): Written {
    if (keptOf !== routes.revision) {
      kept = new Map();
      keptOf = routes.revision;
    }
    const key = JSON.stringify([target, accepted]);
    let document = kept.get(key);
    if (!document) {
      const served = routes.routesFor(accepted, target);
      const text = JSON.stringify(openApiDocument({ title, version, routes: served, security }));
      document = { text, etag: createHash("sha256").update(text).digest("base64url").slice(0, 22) };
      if (kept.size < mostKept) kept.set(key, document);
    }
    return document;
  }

  return (ctx, next) => {
    if (ctx.path !== ownPaths.openApi) return next();
    answer(ctx);
    return Promise.resolve();
  };

  function answer(ctx: Context): void {
    ctx.state.route = ownPaths.openApi;
    expectReading(ctx);
    const { text, etag } = written(textOf(ctx, "target"), textOf(ctx, "version") ?? "");
    ctx.status = 200;
    ctx.set("cache-control", "no-cache");
    ctx.etag = etag;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    ctx.type = "json";
    ctx.body = text;
  }
}

function textOf(ctx: Context, name: string): string | undefined {
  const value = ctx.query[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
