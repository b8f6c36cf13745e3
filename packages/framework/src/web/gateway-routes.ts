import type { Context, Middleware } from "koa";
import { VastifyError } from "../core/index.js";
import { koaPackages } from "./koa-packages.js";
import { readPublishedRoutes } from "./published-routes.js";
import { reportOnce } from "./report-once.js";
import { byPath, shapeOf } from "./route-path.js";
import { createRouteTable, isPlainPath, parameterNames } from "./route-table.js";
import { type ChooseVersion, createVersionChoice, type OfferedRoute, type VersionRules } from "./route-versions.js";
import { createServeRoute, type RouteEntry, type ServeRoute, type ServeRouteOptions } from "./serve-route.js";

/** What one version of a target offers, newest version of each target first. */
export interface OfferedVersion {
  readonly target: string;
  readonly version: string;
  readonly alive: boolean;
  /** What the service said of itself. */
  readonly description: unknown;
}

export interface GatewayRoutesOptions extends ServeRouteOptions {
  versionRules: VersionRules;
}

/** A route of the gateway, as the newest version that offers it says. */
export interface ServedRoute extends OfferedRoute {}

/** A route that a request is for, and what stands for the parameters of its path. */
export interface FoundRoute {
  readonly entry: RouteEntry;
  readonly params: Readonly<Record<string, string>>;
}

export interface GatewayRoutes {
  readonly middleware: Middleware;
  /** The route that a request is for; undefined also where only koa-router can tell. */
  find(method: string, path: string): FoundRoute | undefined;
  /** Answers a request for a plain route. */
  readonly servePlain: ServeRoute["plain"];
  /** What is served now. */
  readonly routes: readonly ServedRoute[];
  /** Another one whenever the routes were replaced. */
  readonly revision: unknown;
  /**
   * By which versions' routes requests are served that ask for this version.
   * @param accepted what their `accept-version` says; "" for nothing
   * @param target only the routes of this service
   * @throws VastifyError `invalid_argument`, reason `bad_version`
   */
  routesFor(accepted: string, target?: string): readonly ServedRoute[];
  /**
   * Replaces all routes at once.
   * @param versionsOf every version of a target that is alive, the newest first
   */
  update(offers: readonly OfferedVersion[], versionsOf: (target: string) => readonly string[]): void;
}

/** Serves the routes that services publish; it has no list of its own. */
export function createGatewayRoutes(options: GatewayRoutesOptions): GatewayRoutes {
  const { versionRules, log } = options;
  const serve = createServeRoute(options);
  let router = routerOf([], serve);
  /** The quick way to a route; absent when a path needs a pattern language, since then order counts. */
  let table: ReturnType<typeof tableOf> | undefined;
  let routes: readonly ServedRoute[] = [];
  let entries: readonly RouteEntry[] = [];
  /** Which target holds a path: the first to offer it keeps it. */
  const holders = new Map<string, string>();
  const report = reportOnce(log);

  function find(method: string, path: string): FoundRoute | undefined {
    const match = table?.(path);
    const found = match && (match.routes.get(method) ?? (method === "HEAD" ? match.routes.get("GET") : undefined));
    if (!found) return undefined;
    const { entry, names } = found.kept;
    const params: Record<string, string> = {};
    for (const [at, name] of names.entries()) params[name] = match.values[at] ?? "";
    return { entry, params };
  }

  return {
    find,
    servePlain: serve.plain,
    middleware: (ctx, next) => {
      const found = find(ctx.method, ctx.path);
      return found ? serve.any(ctx, found.entry, found.params) : router(ctx, next);
    },
    get routes() {
      return routes;
    },
    get revision() {
      return entries;
    },
    routesFor(accepted, target) {
      return entries.flatMap(({ route, choose }) => {
        if (target !== undefined && route.target !== target) return [];
        return servedBy(choose, accepted);
      });
    },
    update(offers, versionsOf) {
      const offered = new Map<string, [ServedRoute, ...ServedRoute[]]>();
      for (const offer of servedOffers(offers)) {
        const { routes: published, problems } = readPublishedRoutes(offer.description);
        for (const problem of problems) report(`${offer.target} ${offer.version}: ${problem}`);
        for (const each of published) {
          const key = `${each.method} ${shapeOf(each.path)}`;
          const holder = holders.get(key) ?? offer.target;
          holders.set(key, holder);
          const route = { ...each, target: offer.target, version: offer.version };
          const known = offered.get(key);
          if (holder !== offer.target) {
            report(`${offer.target} offers ${route.method} ${route.path} too; it stays with ${holder}`);
          } else if (!known) offered.set(key, [route]);
          else if (known.every(({ version }) => version !== offer.version)) known.push(route);
        }
      }
      for (const key of holders.keys()) if (!offered.has(key)) holders.delete(key);
      entries = [...offered.values()]
        .sort(([a], [b]) => byPath(a, b))
        .map((offers) => {
          const [route] = offers;
          const choose = createVersionChoice({ offers, alive: versionsOf(route.target), rules: versionRules });
          return { route, choose, isPlain: offers.every(({ socket }) => !socket) };
        });
      table = entries.every(({ route }) => isPlainPath(route.path)) ? tableOf(entries) : undefined;
      router = routerOf(entries, serve);
      routes = [...offered.values()].map(([route]) => route);
    },
  };
}

function tableOf(entries: readonly RouteEntry[]) {
  return createRouteTable(
    entries.map((entry) => {
      const { method, path } = entry.route;
      return { method, path, kept: { entry, names: parameterNames(path) } };
    }),
  );
}

/** Knows every path that koa-router knows, and says which methods there are. */
function routerOf(entries: readonly RouteEntry[], serve: ServeRoute): Middleware {
  const router = new koaPackages.Router();
  for (const entry of entries) {
    const { method, path } = entry.route;
    router.register(path, [method], [(ctx) => serve.any(ctx as unknown as Context, entry, { ...ctx.params })]);
  }
  const matched = router.routes();
  const unmatched = router.allowedMethods();
  return (ctx, next) => matched(ctx as never, () => unmatched(ctx as never, next));
}

/** The route that serves requests for a version; none when no version that offers it will do. */
function servedBy(choose: ChooseVersion, accepted: string): readonly ServedRoute[] {
  try {
    return [choose(accepted).route];
  } catch (error) {
    if (VastifyError.is(error) && error.reason === "no_version") return [];
    throw error;
  }
}

/** A target that is alive serves what its living versions offer; one that is gone keeps its paths, to say that it is. */
export function servedOffers(offers: readonly OfferedVersion[]): readonly OfferedVersion[] {
  const living = new Set(offers.filter((offer) => offer.alive).map((offer) => offer.target));
  return offers.filter((offer) => offer.alive || !living.has(offer.target));
}
