import type { Middleware } from "koa";
import type { Exchange } from "../exchange.js";

/** Says how a request is answered without Koa's help, or undefined for one that is not its. */
export type PlainServer = (method: string, path: string) => ((ctx: Exchange) => Promise<void> | void) | undefined;

/** The same for requests that Koa got. */
export function serveInKoa(server: PlainServer): Middleware {
  return async (ctx, next) => {
    const serve = server(ctx.method, ctx.path);
    await (serve ? serve(ctx) : next());
  };
}
