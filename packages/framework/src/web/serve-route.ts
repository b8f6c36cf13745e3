import type { Context } from "koa";
import type { Message } from "../core/index.js";
import type { ActOptions } from "../dispatch/index.js";
import { argsOf } from "./action-args.js";
import type { Exchange } from "./exchange.js";
import { sendResult } from "./reply.js";
import { isWithoutBody, readBody } from "./request-body.js";
import type { RequestState } from "./request-life.js";
import type { RouteGuard } from "./route-guard.js";
import type { ChooseVersion, ChosenVersion, OfferedRoute } from "./route-versions.js";
import { createServeSocket, type ServeSocketOptions } from "./sockets/serve-socket.js";
import { takeUpload } from "./uploads/take-upload.js";
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
  /** Whether no version of it opens sockets. */
  readonly isPlain: boolean;
}

type Params = Readonly<Record<string, string>>;

/** Answers requests for a route by its action. */
export interface ServeRoute {
  any(ctx: Context, entry: RouteEntry, params: Params): Promise<void>;
  /**
   * Of plain routes, which need no context of Koa.
   * @throws VastifyError what is wrong with the request at first sight
   */
  plain(ctx: Exchange, entry: RouteEntry, params: Params): Promise<void>;
}

const varyByVersion = varyBy("accept-version");
const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function createServeRoute({ act, maxBodyBytes, guard, ...socketOptions }: ServeRouteOptions): ServeRoute {
  const serveSocket = createServeSocket(socketOptions);

  /** The call that a request asks for. */
  function callFor(ctx: Exchange, { route, addressed }: ChosenVersion, params: Params, body: unknown) {
    const { tx, signal, identity } = ctx.state as RequestState;
    const message = { args: argsOf(ctx, params, body), ...addressed };
    const idempotent = route.idempotent ?? idempotentMethods.has(ctx.method);
    const options: ActOptions = { tx, signal, idempotent, headers: ctx.headers, identity };
    if (route.timeoutMs !== undefined) options.timeoutMs = route.timeoutMs;
    return { message, options };
  }

  async function answer(ctx: Exchange, chosen: ChosenVersion, params: Params): Promise<void> {
    const { upload, status } = chosen.route;
    if (upload) ctx.state.upload = takeUpload(ctx, upload);
    const body = upload || isWithoutBody(ctx) ? {} : await readBody(ctx, maxBodyBytes);
    const { message, options } = callFor(ctx, chosen, params, body);
    const result = upload
      ? await callWithUpload(ctx, message, (whole, more) => act(whole, { ...more, ...options }))
      : await act(message, options);
    const sending = sendResult(ctx, result, status);
    if (sending) await sending;
  }

  function choose(ctx: Exchange, { route: { path }, choose }: RouteEntry): ChosenVersion {
    ctx.state.route = path;
    varyByVersion(ctx);
    return choose(ctx.get("accept-version"));
  }

  return {
    async any(ctx, entry, params) {
      const chosen = choose(ctx, entry);
      const { socket } = chosen.route;
      await guard(ctx, chosen.route, () => {
        if (!socket) return answer(ctx, chosen, params);
        const { message, options } = callFor(ctx, chosen, params, {});
        return serveSocket(ctx, socket, (messages) => act({ ...message, socket: messages }, options));
      });
    },
    plain(ctx, entry, params) {
      const chosen = choose(ctx, entry);
      return guard(ctx, chosen.route, () => answer(ctx, chosen, params));
    },
  };
}
