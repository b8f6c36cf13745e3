import Router from "koa-router";
import { type Contract, type ContractAction, patternText } from "../contracts/index.js";
import { badOption } from "../core/index.js";
import type { Dispatcher } from "../dispatch/index.js";
import { expectAllowed } from "./access.js";
import { actionHeaders } from "./action-headers.js";
import type { RequestState } from "./koa-app.js";
import type { PublishedRoute } from "./published-routes.js";
import { queryOf } from "./replies/last-event-id.js";
import { sendResult } from "./reply.js";
import { requestBody } from "./request-body.js";
import { byPath, shapeOf } from "./route-path.js";
import { callWithUpload } from "./uploads/upload-call.js";

export interface ContractRoutesOptions {
  contracts: readonly Contract[];
  dispatcher: Dispatcher;
  maxBodyBytes: number;
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
export function createContractRoutes({ contracts, dispatcher, maxBodyBytes }: ContractRoutesOptions): ContractRoutes {
  const actions = contracts.flatMap((contract) => Object.values<ContractAction>(contract.actions));
  const byPattern = new Map(actions.map((action) => [patternText(action.pattern), action]));
  const published = actions.flatMap(publishedRoute).sort(byPath);
  const taken = new Set(published.map(keyOf));
  const readBody = requestBody(maxBodyBytes);
  const router = new Router();

  for (const route of published) {
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
        readBody,
        async (ctx) => {
          const { tx, signal } = ctx.state as RequestState;
          const { body } = ctx.request as { body?: unknown };
          const args = { params: { ...ctx.params }, query: queryOf(ctx), body, ...actionHeaders(ctx) };
          const { timeoutMs } = route;
          const result = await callWithUpload(ctx, { ...route.message, args }, (message, more) =>
            dispatcher.act(message, { tx, signal, ...more, ...(timeoutMs !== undefined && { timeoutMs }) }),
          );
          await sendResult(ctx, result, route.status);
        },
      ],
    );
  }

  return {
    router,
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
  const { rest, pattern } = action;
  if (!rest) return [];
  const { method, path, status, upload } = rest;
  return [{ method, path, message: pattern, status, ...(upload && { upload }), ...factsOf(action) }];
}

/** What the gateway must know of a route's action. */
function factsOf({ name, access, idempotent, timeoutMs }: ContractAction): Partial<PublishedRoute> {
  return { action: name, access, idempotent, ...(timeoutMs !== undefined && { timeoutMs }) };
}

function keyOf({ method, path }: PublishedRoute): string {
  return `${method} ${shapeOf(path)}`;
}
