import type { Edge } from "../edge/edge-step.js";
import type { GatewayRoutes } from "../gateway-routes.js";
import { type PlainServer, serveAtEdge } from "./plain-server.js";

export interface PlainRoutesOptions {
  readonly edge: Edge;
  readonly routes: Pick<GatewayRoutes, "find" | "servePlain">;
  /** Whether a path may be served otherwise, whatever routes there are. */
  isKept(path: string): boolean;
}

/** Serves a gateway's routes that need nothing of Koa. */
export function plainRoutes({ edge, routes, isKept }: PlainRoutesOptions): PlainServer {
  return serveAtEdge(edge, (method, path) => {
    const found = routes.find(method, path);
    if (!found?.entry.isPlain || isKept(path)) return undefined;
    return (ctx) => routes.servePlain(ctx, found.entry, found.params);
  });
}
