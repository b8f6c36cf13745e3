import { delay } from "../core/index.js";
import { createDescriptions, isVersionRange, versionsFor } from "../routing/index.js";
import {
  createEdge,
  createGatewayRoutes,
  docsPage,
  type EdgeOptions,
  edgeOfKoa,
  type GraphqlOptions,
  type GuardOptions,
  guardGateway,
  isOwnPath,
  plainRoutes,
  resolveGraphqlOptions,
  type ServedRoute,
  serveGraphql,
  serveOpenApi,
} from "../web/index.js";
import { composeService } from "./create-service.js";
import { expectKnown, expectSwitch, resolveServiceOptions, serviceOptionNames } from "./resolve-service-options.js";
import type { Extend, Service } from "./service.js";
import type { ServiceOptions } from "./service-options.js";

/** How long a peer that does not say what it offers, or a Consul that is away, holds the start up, in milliseconds. */
const longestFirstLookMs = 5_000;

export interface GatewayOptions
  extends Omit<ServiceOptions, "microservice" | "modules" | "contracts" | "forceContracts" | "cache">,
    GuardOptions {
  /**
   * Whether what is routed is described at `/openapi.json`, and shown at `/docs` where the package `swagger-ui-dist`
   * is installed. @default true
   */
  docs?: boolean;
  /**
   * Whether the public actions of all contracts are served as one GraphQL schema too, and how; it needs the packages
   * `graphql` and `graphql-http`. @default false
   */
  graphql?: GraphqlOptions | boolean;
  /** What is done for browsers and other clients, whatever the route. @default compression and security headers */
  edge?: EdgeOptions;
}

// A system reads the same variables for all its services: what a gateway has no use for, it need not leave out.
const known = ["auth", "limits", "trustProxy", "sockets", "docs", "graphql", "edge", ...serviceOptionNames];

export interface Gateway extends Service {
  /** What is served now, and by whom. */
  readonly routes: readonly ServedRoute[];
}

/**
 * A service that serves every target's published routes on one port. It finds them by discovery: routes appear with
 * the first instance that offers them, and answer 503 while no instance of their target is alive.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option that is missing or wrong
 */
export function createGateway(given: GatewayOptions): Gateway {
  const { auth, limits, trustProxy, sockets, docs, edge, graphql, ...options } = expectKnown(
    "createGateway",
    given,
    known,
  );
  const { callQueue } = options;
  const asCaller = callQueue && { callQueue: { ...callQueue, serve: false } };
  const resolved = resolveServiceOptions({ ...options, ...asCaller, microservice: false });
  const isDescribed = expectSwitch("docs", docs ?? true);
  const atTheEdge = createEdge(edge);
  const graphqlOptions = resolveGraphqlOptions(graphql, "graphql");
  let served: () => readonly ServedRoute[] = () => [];
  const extend: Extend = ({ directory, transport, settings, act, log }) => {
    const versionRules = { isRange: isVersionRange, meant: versionsFor };
    const consumerDocument = (name: string): unknown => settings.get(`consumers/${name}`);
    const asked = {
      ...{ ...(auth && { auth }), ...(limits && { limits }), ...(sockets && { sockets }) },
      ...(trustProxy !== undefined && { trustProxy }),
    };
    const guarding = guardGateway(asked, { consumerDocument, log });
    const { maxBodyBytes } = resolved.http;
    const { guard, callGuard } = guarding;
    const origins = edge?.cors ? edge.cors.origins : [];
    const routes = createGatewayRoutes({ ...guarding, act, versionRules, maxBodyBytes, origins, log });
    const operations =
      graphqlOptions &&
      serveGraphql({
        ...{ options: graphqlOptions, act, guard, callGuard, versionRules, maxBodyBytes, log },
        timeoutMs: resolved.timeoutMs,
      });
    const { name: title, version } = resolved;
    const pages = isDescribed
      ? [serveOpenApi({ title, version, routes, security: guarding.security }), docsPage(title)]
      : [];
    const descriptions = createDescriptions({ directory, transport, log });
    served = () => routes.routes;
    async function everythingDescribed(): Promise<void> {
      await Promise.race([directory.listed, directory.stoodIn]);
      await descriptions.settled();
    }
    return {
      edge: atTheEdge,
      middleware: [
        edgeOfKoa(atTheEdge),
        ...pages,
        ...(operations ? [operations.middleware] : []),
        routes.middleware,
      ] as never[],
      plain: plainRoutes({
        ...{ edge: atTheEdge, routes },
        isKept: (path) => isOwnPath(path) || path === graphqlOptions?.path,
      }),
      part: {
        name: "routes",
        async start({ signal }) {
          guarding.start();
          await operations?.load();
          if (auth && !resolved.peers.identityKeys)
            log.info("without peers.identityKeys the services are not told who sends a request");
          if (resolved.dns?.targets.length === 0)
            log.warn("no routes are served: DNS lists no targets, and dns.targets (DISCOVERY_TARGETS) names none");
          descriptions.onChange(() => {
            const offers = descriptions.list();
            routes.update(offers, descriptions.versionsOf);
            operations?.update(offers, descriptions.versionsOf);
          });
          descriptions.start();
          // Whoever is reached before it knows its routes answers 404 to what it serves a moment later.
          await Promise.race([everythingDescribed(), delay(longestFirstLookMs, signal)]);
        },
        async stop() {
          guarding.stop();
          await descriptions.stop();
        },
        health: () => ({ ok: true, served: routes.routes.length }),
      },
    };
  };
  const service = composeService(resolved, extend);
  return Object.defineProperty(service, "routes", { get: () => served(), enumerable: true }) as Gateway;
}
