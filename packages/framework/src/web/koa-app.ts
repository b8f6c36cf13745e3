import type Koa from "koa";
import type { Context, Middleware } from "koa";
import { type Logger, VastifyError } from "../core/index.js";
import { koaPackages } from "./koa-packages.js";
import { noSuchMethod } from "./methods.js";
import { answerProblem, beginRequest, endRequest } from "./request-life.js";

export interface KoaAppOptions {
  readonly log: Logger;
  isLeaving(): boolean;
}

/** A Koa application that knows trace ids and answers every failure with problem details. */
export function createKoaApp(options: KoaAppOptions): Koa {
  const app = new koaPackages.Koa();
  // What Koa itself reports: a response that broke off. The client is gone, so there is nobody to tell.
  app.on("error", (err) => options.log.debug("a response broke off", { err }));
  app.use(liveThrough(options));
  return app;
}

function liveThrough(options: KoaAppOptions): Middleware {
  return async (ctx, next) => {
    Object.assign(ctx.state, beginRequest(ctx));
    try {
      expectPath(ctx);
      await next();
      if (ctx.body === undefined && ctx.status >= 404) throw unrouted(ctx);
    } catch (thrown) {
      answerProblem(ctx, thrown, options.log);
    }
    endRequest(ctx, options);
  };
}

/** In absolute form (RFC 9112, 3.2.2) it may be a URL that is none, of which Koa has no path. */
function expectPath(ctx: Context): void {
  let path: string | null;
  try {
    ({ path } = ctx);
  } catch {
    path = null;
  }
  if (path !== null) return;
  throw new VastifyError("invalid_argument", `the request's target is no URL: ${ctx.url}`, { reason: "bad_request" });
}

/** Koa and its router answer by a bare status; ours say more. */
function unrouted(ctx: Context): VastifyError {
  if (ctx.status === 405 || ctx.status === 501) return noSuchMethod(ctx);
  return new VastifyError("not_found", `nothing serves ${ctx.path}`, { reason: "no_route" });
}
