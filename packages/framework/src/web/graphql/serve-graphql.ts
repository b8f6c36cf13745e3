import type { Context, Middleware } from "koa";
import { type Logger, type Message, VastifyError } from "../../core/index.js";
import type { ActOptions } from "../../dispatch/index.js";
import { isFromOwnPage } from "../auth/own-page.js";
import type { OfferedVersion } from "../gateway-routes.js";
import { outputOf } from "../reply.js";
import { reportOnce } from "../report-once.js";
import { requestBody } from "../request-body.js";
import type { RequestState } from "../request-life.js";
import type { RouteGuard } from "../route-guard.js";
import type { OfferedRoute, VersionRules } from "../route-versions.js";
import { varyBy } from "../vary-by.js";
import { createActionTable } from "./action-table.js";
import type { GraphqlEngine } from "./graphql-engine.js";
import type { ResolvedGraphqlOptions } from "./graphql-options.js";
import { type CallAction, OperationCalls } from "./operation-calls.js";

export interface ServeGraphqlOptions {
  readonly options: ResolvedGraphqlOptions;
  act(message: Message, options: ActOptions): Promise<unknown>;
  readonly maxBodyBytes: number;
  /** How long a call may take whose contract does not say, in milliseconds. */
  readonly timeoutMs: number;
  /** Stands before an operation. */
  readonly guard: RouteGuard;
  /** Stands before each call that it makes. */
  readonly callGuard: RouteGuard;
  readonly versionRules: VersionRules;
  readonly log: Logger;
}

export interface GraphqlEndpoint {
  readonly middleware: Middleware;
  /** @throws VastifyError `failed_precondition`, reason `part_failed`, when a package that it needs is not installed */
  load(): Promise<void>;
  /** Replaces what the schema is made of. */
  update(offers: readonly OfferedVersion[], versionsOf: (target: string) => readonly string[]): void;
}

const varyByForm = varyBy("accept", "accept-version");

/** Serves the public actions of all contracts as one GraphQL schema, and answers its operations by calls to services. */
export function serveGraphql(given: ServeGraphqlOptions): GraphqlEndpoint {
  const { options, act, timeoutMs, guard, callGuard, versionRules, log } = given;
  const { path, maxCalls } = options;
  const bodyMiddleware = requestBody(given.maxBodyBytes);
  const report = reportOnce(log);
  const table = createActionTable({ versionRules, path });
  let engine: Promise<GraphqlEngine> | undefined;

  async function answer(ctx: Context): Promise<void> {
    const actions = table.actionsFor(ctx.get("accept-version"));
    const call = caller(ctx, performance.now() + options.timeoutMs);
    engine ??= loadEngine({ options, report, log });
    await (await engine).answer(ctx, actions, new OperationCalls({ call, maxCalls }));
  }

  function caller(ctx: Context, deadline: number): CallAction {
    const { tx, signal } = ctx.state as RequestState;
    return async ({ target, route, version }, input) => {
      const message = { ...input, ...route.message, $$target: target, ...(version && { $$version: version }) };
      let result: unknown;
      await callGuard(ctx, route, async () => {
        const leftMs = deadline - performance.now();
        if (signal.aborted) throw new VastifyError("canceled", "the client hung up");
        if (leftMs <= 0) throw tooLate(options.timeoutMs);
        const { identity } = ctx.state as RequestState;
        result = await act(message, {
          ...{ tx, signal, identity, headers: ctx.headers, idempotent: route.described.idempotent },
          timeoutMs: Math.min(route.timeoutMs ?? timeoutMs, leftMs),
        });
      });
      return outputOf(result);
    };
  }

  return {
    middleware: async (ctx, next) => {
      if (ctx.path !== path) return next();
      ctx.state.route = path;
      expectForm(ctx);
      varyByForm(ctx);
      await guard(ctx, routeOf(ctx.method, path), () => bodyMiddleware(ctx, () => answer(ctx)) as Promise<void>);
    },
    async load() {
      engine ??= loadEngine({ options, report, log });
      await engine;
    },
    update: table.update,
  };
}

/**
 * Lets only requests in that no page of another site can have its reader send unasked: JSON is announced by a preflight
 * first, and links are followed with a header that says where they stand.
 * @throws VastifyError `unimplemented` reason `method_not_allowed`, `invalid_argument` reason `unsupported_media_type`,
 * `permission_denied` reason `cross_site`
 */
function expectForm(ctx: Context): void {
  if (ctx.method === "GET") {
    if (isFromOwnPage(ctx)) return;
    throw new VastifyError("permission_denied", "a page of another site asks by POST", { reason: "cross_site" });
  }
  if (ctx.method !== "POST") {
    ctx.set("allow", "GET, POST");
    throw new VastifyError("unimplemented", `${ctx.path} has no ${ctx.method}; it has GET and POST`, {
      reason: "method_not_allowed",
    });
  }
  if (ctx.is("application/json") !== "application/json")
    throw new VastifyError("invalid_argument", "an operation is sent as application/json", {
      reason: "unsupported_media_type",
    });
}

/** For guards: open to everybody, since each action that is called says who may. */
function routeOf(method: string, path: string): OfferedRoute {
  return { method, path, message: {}, target: "", version: "", access: { level: "public", roles: [], scopes: [] } };
}

function tooLate(ms: number): VastifyError {
  return new VastifyError("deadline_exceeded", `the operation did not finish within ${ms} ms`, {
    reason: "deadline_exceeded",
  });
}

type EngineOptions = Parameters<typeof import("./graphql-engine.js").createGraphqlEngine>[0];

/** Only now, since most gateways do without, and it takes a while. */
async function loadEngine(options: EngineOptions): Promise<GraphqlEngine> {
  try {
    const { createGraphqlEngine } = await import("./graphql-engine.js");
    return createGraphqlEngine(options);
  } catch (cause) {
    const message = "GraphQL needs the packages graphql and graphql-http: npm install graphql@16 graphql-http";
    throw new VastifyError("failed_precondition", message, { reason: "part_failed", cause });
  }
}
