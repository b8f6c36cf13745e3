import type { Context } from "koa";
import type { Message } from "../core/index.js";
import type { ActOptions } from "../dispatch/index.js";
import { actionHeaders } from "./action-headers.js";
import type { RequestState } from "./koa-app.js";
import { queryOf } from "./replies/last-event-id.js";
import { sendResult } from "./reply.js";
import { requestBody } from "./request-body.js";
import type { RouteGuard } from "./route-guard.js";
import type { ChooseVersion, ChosenVersion, OfferedRoute } from "./route-versions.js";
import { createServeSocket, type ServeSocketOptions } from "./sockets/serve-socket.js";
import { callWithUpload } from "./uploads/upload-call.js";
import { varyBy } from "./vary-by.js";

export interface ServeRouteOptions extends ServeSocketOptions {
  act(message: Message, options: ActOptions): Promise<unknown>;
  maxBodyBytes: number;
  /** Stands before every route. */
  guard: RouteGuard;
}

/** A route of the gateway. */
export interface RouteEntry {
  /** As the newest version that offers it says. */
  readonly route: OfferedRoute;
  readonly choose: ChooseVersion;
}

/** Answers a request for a route by its action. */
export type ServeRoute = (ctx: Context, entry: RouteEntry, params: Readonly<Record<string, string>>) => Promise<void>;

const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function createServeRoute({ act, maxBodyBytes, guard, ...socketOptions }: ServeRouteOptions): ServeRoute {
  const readBody = requestBody(maxBodyBytes);
  const serveSocket = createServeSocket(socketOptions);

  async function callAction(
    ctx: Context,
    { route, version }: ChosenVersion,
    params: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { tx, signal, identity } = ctx.state as RequestState;
    const { body } = ctx.request as { body?: unknown };
    const args = { body, query: queryOf(ctx), params, ...actionHeaders(ctx) };
    const addressed = { ...route.message, args, $$target: route.target, ...(version && { $$version: version }) };
    const idempotent = route.idempotent ?? idempotentMethods.has(ctx.method);
    const { timeoutMs } = route;
    const callOptions = {
      ...{ tx, signal, idempotent, headers: ctx.headers, identity },
      ...(timeoutMs !== undefined && { timeoutMs }),
    };
    if (route.socket) return serveSocket(ctx, route.socket, (socket) => act({ ...addressed, socket }, callOptions));
    const result = await callWithUpload(ctx, addressed, (message, more) => act(message, { ...more, ...callOptions }));
    await sendResult(ctx, result, route.status);
  }

  return async (ctx, { route: { path }, choose }, params) => {
    ctx.state.route = path;
    varyBy(ctx, "accept-version");
    const chosen = choose(ctx.get("accept-version"));
    ctx.state.uploadRules = chosen.route.upload;
    await guard(ctx, chosen.route, () => readBody(ctx, () => callAction(ctx, chosen, params)) as Promise<void>);
  };
}
