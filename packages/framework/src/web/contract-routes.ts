import type Router from "koa-router";
import { type Contract, type ContractAction, kindOf, patternText, type SocketRules } from "../contracts/index.js";
import { badOption, type Logger, onceNeeded } from "../core/index.js";
import type { Dispatcher } from "../dispatch/index.js";
import { expectAllowed } from "./access.js";
import { argsOf, keysBesideArgs } from "./action-args.js";
import { koaPackages } from "./koa-packages.js";
import type { PublishedRoute, SocketRoute } from "./published-routes.js";
import { sendResult } from "./reply.js";
import { requestBody } from "./request-body.js";
import type { RequestState } from "./request-life.js";
import { byPath, shapeOf } from "./route-path.js";
import { createServeSocket } from "./sockets/serve-socket.js";
import { resolveSocketOptions } from "./sockets/socket-options.js";
import { callWithUpload } from "./uploads/upload-call.js";

export interface ContractRoutesOptions {
  contracts: readonly Contract[];
  dispatcher: Dispatcher;
  maxBodyBytes: number;
  log: Logger;
}

export interface ContractRoutes {
  readonly router: Router;
  /** What is published for the gateway. */
  readonly published: readonly PublishedRoute[];
  /**
   * Says of a Seneca module's route which action of a contract it leads to, if it leads to one.
   * @throws VastifyError `invalid_argument`, reason `bad_option`, when the contract does not let it be a route, or has
   * one like it
   */
  describe(route: PublishedRoute): PublishedRoute;
}

/** Serves the REST routes that contracts declare. */
export function createContractRoutes({
  contracts,
  dispatcher,
  maxBodyBytes,
  log,
}: ContractRoutesOptions): ContractRoutes {
  const actions = contracts.flatMap((contract) => Object.values<ContractAction>(contract.actions));
  const byPattern = new Map(actions.map((action) => [patternText(action.pattern), action]));
  const published = actions.flatMap(publishedRoute).sort(byPath);
  const taken = new Set(published.map(keyOf));
  const bodyMiddleware = requestBody(maxBodyBytes);
  const serveSocket = createServeSocket({ sockets: resolveSocketOptions({}, "sockets"), origins: [], log });
  const router = onceNeeded(() => {
    const router = new koaPackages.Router();

    for (const route of published) {
      const keys = keysBesideArgs(route.message);
      router.register(
        route.path,
        [route.method],
        [
          async (ctx, next) => {
            const { identity } = ctx.state as RequestState;
            ctx.state.route = route.path;
            ctx.state.uploadRules = route.upload;
            if (route.access) expectAllowed(route.access, identity);
            await next();
          },
          bodyMiddleware,
          async (ctx) => {
            const { tx, signal } = ctx.state as RequestState;
            const { body } = ctx.request as { body?: unknown };
            const args = argsOf(ctx, { ...ctx.params }, body);
            const { timeoutMs } = route;
            const callOptions = { tx, signal, ...(timeoutMs !== undefined && { timeoutMs }) };
            const message = { args, ...keys };
            if (route.socket)
              return serveSocket(ctx, route.socket, (socket) => dispatcher.act({ ...message, socket }, callOptions));
            const result = await callWithUpload(ctx, message, (whole, more) =>
              dispatcher.act(whole, { ...more, ...callOptions }),
            );
            await sendResult(ctx, result, route.status);
          },
        ],
      );
    }
    return router;
  });

  return {
    get router() {
      return router();
    },
    published,
    describe(route) {
      const where = `the route ${route.method} ${route.path}`;
      if (taken.has(keyOf(route))) throw badOption(where, "a module's", "the contract's alone, or the module's");
      const action = byPattern.get(patternText(route.message));
      if (!action) return route;
      const { level, roles, scopes } = action.access;
      if (level !== "public") throw badOption(`${where}, of ${action.name} with the access`, level, "public");
      if (roles.length > 0 || scopes.length > 0)
        throw badOption(`${where}, of ${action.name} with roles or scopes`, "a module's", "in the contract");
      return { ...route, ...factsOf(action) };
    },
  };
}

function publishedRoute(action: ContractAction): PublishedRoute[] {
  const { rest, pattern, socket } = action;
  if (!rest) return [];
  const { method, path, status, upload } = rest;
  const ways = { ...(upload && { upload }), ...(socket && { socket: socketRoute(socket) }) };
  return [{ method, path, message: pattern, status, ...ways, ...factsOf(action) }];
}

function socketRoute({ receives, sends, maxBytes }: Required<SocketRules>): SocketRoute {
  return { receives: kindOf(receives), sends: kindOf(sends), maxBytes };
}

/** What the gateway must know of a route's action. */
function factsOf({ name, access, idempotent, timeoutMs }: ContractAction): Partial<PublishedRoute> {
  return { action: name, access, idempotent, ...(timeoutMs !== undefined && { timeoutMs }) };
}

function keyOf({ method, path }: PublishedRoute): string {
  return `${method} ${shapeOf(path)}`;
}
