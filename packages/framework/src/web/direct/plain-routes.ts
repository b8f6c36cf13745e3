import type { Edge } from "../edge/edge-step.js";
import type { GatewayRoutes } from "../gateway-routes.js";
import type { PlainServer } from "./plain-server.js";

export interface PlainRoutesOptions {
  readonly edge: Edge;
  readonly routes: Pick<GatewayRoutes, "find" | "servePlain">;
  /** Beginnings of paths that are served otherwise, whatever routes there are. */
  readonly kept: readonly string[];
}

/** Serves a gateway's routes that need nothing of Koa. */
export function plainRoutes({ edge, routes, kept }: PlainRoutesOptions): PlainServer {
  return (method, path) => {
    const found = routes.find(method, path);
    if (!found?.entry.isPlain || kept.some((beginning) => path.startsWith(beginning))) return undefined;
    return (ctx) => edge.pass(ctx, () => routes.servePlain(ctx, found.entry, found.params));
  };
}
