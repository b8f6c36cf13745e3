import type { Middleware } from "koa";
import type { Edge } from "../edge/edge-step.js";
import type { Exchange } from "../exchange.js";

/** Says how a request is answered without Koa's help, or undefined for one that is not its. */
export type PlainServer = (method: string, path: string) => ((ctx: Exchange) => Promise<void> | void) | undefined;

/** The same with what the edge does to every answer. */
export function serveAtEdge(edge: Edge, server: PlainServer): PlainServer {
  return (method, path) => {
    const serve = server(method, path);
    return serve && ((ctx) => edge.pass(ctx, () => serve(ctx)));
  };
}

/** The same for requests that Koa got. */
export function serveInKoa(server: PlainServer): Middleware {
  return async (ctx, next) => {
    const serve = server(ctx.method, ctx.path);
    await (serve ? serve(ctx) : next());
  };
}
