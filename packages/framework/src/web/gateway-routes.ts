import type { Middleware } from "koa";
import Router from "koa-router";
import type { Logger, Message } from "../core/index.js";
import type { ActOptions } from "../dispatch/index.js";
import type { RequestState } from "./koa-app.js";
import { actionHeaders } from "./action-headers.js";
import { type PublishedRoute, readPublishedRoutes } from "./published-routes.js";
import { sendResult } from "./reply.js";
import { requestBody } from "./request-body.js";

/** What one version of a target offers, newest version of each target first. */
export interface OfferedVersion {
  readonly target: string;
  readonly version: string;
  readonly alive: boolean;
  /** What the service said of itself. */
  readonly description: unknown;
}

export interface GatewayRoutesOptions {
  act(message: Message, options: ActOptions): Promise<unknown>;
  maxBodyBytes: number;
  log: Logger;
}

/** A route of the gateway, and who answers it. */
export interface ServedRoute extends PublishedRoute {
  readonly target: string;
  readonly version: string;
}

export interface GatewayRoutes {
  readonly middleware: Middleware;
  /** What is served now. */
  readonly routes: readonly ServedRoute[];
  /** Replaces all routes at once. */
  update(offers: readonly OfferedVersion[]): void;
}

const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Serves the routes that services publish; it has no list of its own. */
export function createGatewayRoutes({ act, maxBodyBytes, log }: GatewayRoutesOptions): GatewayRoutes {
  let router = new Router();
  let routes: readonly ServedRoute[] = [];
  /** Which target holds a path: the first to offer it keeps it. */
  const holders = new Map<string, string>();
  const reported = new Set<string>();
  const readBody = requestBody(maxBodyBytes);

  function report(problem: string): void {
    if (reported.has(problem)) return;
    reported.add(problem);
    log.warn(problem);
  }

  function mount(into: Router, route: ServedRoute): void {
    into.register(
      route.path,
      [route.method],
      [
        async (ctx, next) => {
          ctx.state.route = route.path;
          await next();
        },
        readBody,
        async (ctx) => {
          const { tx, signal } = ctx.state as RequestState;
          const { body } = ctx.request as { body?: unknown };
          const args = { body, query: { ...ctx.query }, params: { ...ctx.params }, ...actionHeaders(ctx) };
          const message = { ...route.message, args, $$target: route.target, $$version: route.version };
          sendResult(ctx, await act(message, { tx, signal, idempotent: idempotentMethods.has(ctx.method) }));
        },
      ],
    );
  }

  return {
    middleware: async (ctx, next) => {
      await router.routes()(ctx as never, async () => {
        await router.allowedMethods()(ctx as never, next);
      });
    },
    get routes() {
      return routes;
    },
    update(offers) {
      const table = new Map<string, ServedRoute>();
      for (const offer of servedOffers(offers)) {
        const { routes: offered, problems } = readPublishedRoutes(offer.description);
        for (const problem of problems) report(`${offer.target} ${offer.version}: ${problem}`);
        for (const route of offered) {
          const key = `${route.method} ${shapeOf(route.path)}`;
          const holder = holders.get(key) ?? offer.target;
          holders.set(key, holder);
          if (holder !== offer.target) {
            report(`${offer.target} offers ${route.method} ${route.path} too; it stays with ${holder}`);
          } else if (!table.has(key)) table.set(key, { ...route, target: offer.target, version: offer.version });
        }
      }
      for (const key of holders.keys()) if (!table.has(key)) holders.delete(key);
      const next = new Router();
      // Fixed parts before parameters, so that /user/me is not taken for a user's id.
      for (const route of [...table.values()].sort(byPath)) mount(next, route);
      routes = [...table.values()];
      router = next;
    },
  };
}

/** A target that is alive serves what its living versions offer; one that is gone keeps its paths, to say that it is. */
function servedOffers(offers: readonly OfferedVersion[]): readonly OfferedVersion[] {
  const living = new Set(offers.filter((offer) => offer.alive).map((offer) => offer.target));
  return offers.filter((offer) => offer.alive || !living.has(offer.target));
}

/** Paths that differ only in their parameters' names are the same path. */
function shapeOf(path: string): string {
  return path.replace(/:\w+/g, ":");
}

function byPath(a: ServedRoute, b: ServedRoute): number {
  const rank = (route: ServedRoute) => shapeOf(route.path).replaceAll(":", "\uffff");
  return rank(a) < rank(b) ? -1 : 1;
}
