import type { Middleware } from "koa";
import Router from "koa-router";
import { type Logger, type Message, VastifyError } from "../core/index.js";
import type { ActOptions } from "../dispatch/index.js";
import { actionHeaders } from "./action-headers.js";
import type { RequestState } from "./koa-app.js";
import { readPublishedRoutes } from "./published-routes.js";
import { queryOf } from "./replies/last-event-id.js";
import { sendResult } from "./reply.js";
import { requestBody } from "./request-body.js";
import type { RouteGuard } from "./route-guard.js";
import { byPath, shapeOf } from "./route-path.js";
import {
  type ChooseVersion,
  type ChosenVersion,
  createVersionChoice,
  type OfferedRoute,
  type VersionRules,
} from "./route-versions.js";
import { callWithUpload } from "./uploads/upload-call.js";

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
  versionRules: VersionRules;
  maxBodyBytes: number;
  /** Stands before every route. */
  guard: RouteGuard;
  log: Logger;
}

/** A route of the gateway, as the newest version that offers it says. */
export interface ServedRoute extends OfferedRoute {}

export interface GatewayRoutes {
  readonly middleware: Middleware;
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

interface RouteEntry {
  /** As the newest version that offers it says. */
  readonly route: ServedRoute;
  readonly choose: ChooseVersion;
}

const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Serves the routes that services publish; it has no list of its own. */
export function createGatewayRoutes(options: GatewayRoutesOptions): GatewayRoutes {
  const { act, versionRules, maxBodyBytes, guard, log } = options;
  let router = new Router();
  let routes: readonly ServedRoute[] = [];
  let entries: readonly RouteEntry[] = [];
  /** Which target holds a path: the first to offer it keeps it. */
  const holders = new Map<string, string>();
  const reported = new Set<string>();
  const readBody = requestBody(maxBodyBytes);

  function report(problem: string): void {
    if (reported.has(problem)) return;
    reported.add(problem);
    log.warn(problem);
  }

  function mount(into: Router, { path, method, target }: ServedRoute, chooseVersion: ChooseVersion): void {
    into.register(
      path,
      [method],
      [
        async (ctx, next) => {
          ctx.state.route = path;
          ctx.vary("accept-version");
          const chosen = chooseVersion(ctx.get("accept-version"));
          ctx.state.chosen = chosen;
          ctx.state.uploadRules = chosen.route.upload;
          await guard(ctx, chosen.route, next);
        },
        readBody,
        async (ctx) => {
          const { tx, signal, identity, chosen } = ctx.state as RequestState & { chosen: ChosenVersion };
          const { route, version } = chosen;
          const { body } = ctx.request as { body?: unknown };
          const args = { body, query: queryOf(ctx), params: { ...ctx.params }, ...actionHeaders(ctx) };
          const addressed = { ...route.message, args, $$target: target, ...(version && { $$version: version }) };
          const idempotent = route.idempotent ?? idempotentMethods.has(ctx.method);
          const { timeoutMs } = route;
          const callOptions = {
            tx,
            signal,
            idempotent,
            headers: ctx.headers,
            identity,
            ...(timeoutMs !== undefined && { timeoutMs }),
          };
          const result = await callWithUpload(ctx, addressed, (message, more) =>
            act(message, { ...more, ...callOptions }),
          );
          await sendResult(ctx, result, route.status);
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
      const table = new Map<string, [ServedRoute, ...ServedRoute[]]>();
      for (const offer of servedOffers(offers)) {
        const { routes: offered, problems } = readPublishedRoutes(offer.description);
        for (const problem of problems) report(`${offer.target} ${offer.version}: ${problem}`);
        for (const published of offered) {
          const key = `${published.method} ${shapeOf(published.path)}`;
          const holder = holders.get(key) ?? offer.target;
          holders.set(key, holder);
          const route = { ...published, target: offer.target, version: offer.version };
          const known = table.get(key);
          if (holder !== offer.target) {
            report(`${offer.target} offers ${route.method} ${route.path} too; it stays with ${holder}`);
          } else if (!known) table.set(key, [route]);
          else if (known.every(({ version }) => version !== offer.version)) known.push(route);
        }
      }
      for (const key of holders.keys()) if (!table.has(key)) holders.delete(key);
      const next = new Router();
      entries = [...table.values()]
        .sort(([a], [b]) => byPath(a, b))
        .map((offers) => {
          const [route] = offers;
          const choose = createVersionChoice({ offers, alive: versionsOf(route.target), rules: versionRules });
          return { route, choose };
        });
      for (const { route, choose } of entries) mount(next, route, choose);
      routes = [...table.values()].map(([route]) => route);
      router = next;
    },
  };
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
function servedOffers(offers: readonly OfferedVersion[]): readonly OfferedVersion[] {
  const living = new Set(offers.filter((offer) => offer.alive).map((offer) => offer.target));
  return offers.filter((offer) => offer.alive || !living.has(offer.target));
}
