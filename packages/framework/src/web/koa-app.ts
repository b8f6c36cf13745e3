import Koa, { type Context, type Middleware } from "koa";
import {
  type CancelSignal,
  httpStatusOfError,
  type Identity,
  type Logger,
  newTraceId,
  VastifyError,
} from "../core/index.js";
import { HangUp } from "./hang-up.js";
import { problemOf, problemType } from "./problem.js";

/** Seconds that a client shall wait after a 503 or 429 when nobody knows better: about one round of discovery. */
const retryAfterSeconds = "2";

/** What our middleware leaves in `ctx.state`. */
export interface RequestState {
  /** The trace id. */
  tx: string;
  /** What the request is named in answers and in the log. */
  requestId?: string;
  /** Aborts when the client hangs up. */
  signal: CancelSignal;
  /** The path's template, for the log: the path itself may name people. */
  route?: string;
  /** Who sends the request, once somebody has checked it. */
  identity?: Identity;
}

/** A Koa application that knows trace ids and answers every failure with problem details. */
export function createKoaApp(options: { log: Logger; isLeaving: () => boolean }): Koa {
  const { log, isLeaving } = options;
  const app = new Koa();
  // What Koa itself reports: a response that broke off. The client is gone, so there is nobody to tell.
  app.on("error", (err) => log.debug("a response broke off", { err }));
  app.use(traceRequest);
  app.use(answerProblems(log, isLeaving));
  return app;
}

const traceRequest: Middleware = async (ctx, next) => {
  const hangUp = new HangUp();
  ctx.res.once("close", () => {
    if (!ctx.res.writableFinished) hangUp.abort();
  });
  const requestId = requestIdOf(ctx);
  const tx = traceIdOf(ctx) ?? newTraceId();
  const state: RequestState = { tx, signal: hangUp, ...(requestId !== undefined && { requestId }) };
  Object.assign(ctx.state, state);
  ctx.set("x-request-id", requestId ?? tx);
  await next();
};

/** What a client or a balancer in front names the request, when that can stand in a header and in a log as it is. */
function requestIdOf(ctx: Context): string | undefined {
  const id = ctx.get("x-request-id");
  return id !== "" && /^[\w.:=+@/-]{1,128}$/.test(id) ? id : undefined;
}

/** The trace-id of a `traceparent` header (W3C Trace Context, "traceparent Header Field Values"). */
function traceIdOf(ctx: Context): string | undefined {
  const given = ctx.get("traceparent");
  if (given === "") return undefined;
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(given);
  return match?.[1] === "0".repeat(32) ? undefined : match?.[1];
}

function answerProblems(log: Logger, isLeaving: () => boolean): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    const { tx, requestId } = ctx.state as RequestState;
    try {
      await next();
      if (ctx.body === undefined && ctx.status >= 404) throw unrouted(ctx);
    } catch (thrown) {
      const error = httpErrorOf(thrown);
      const status = httpStatusOfError(error);
      if (status === 500) log.error(`${ctx.method} ${routeOf(ctx)} failed`, { tx, err: error.cause ?? error });
      if ((status === 503 || status === 429) && !ctx.res.hasHeader("retry-after"))
        ctx.set("retry-after", retryAfterSeconds);
      ctx.status = status;
      ctx.type = problemType;
      ctx.body = JSON.stringify(problemOf(error, tx));
    }
    if (isLeaving()) ctx.set("connection", "close");
    const ms = Math.round(performance.now() - started);
    log.debug(`${ctx.method} ${routeOf(ctx)} ${ctx.status} ${ms} ms`, { tx, ...(requestId && { requestId }) });
  };
}

function routeOf(ctx: Context): string {
  return (ctx.state as RequestState).route ?? "(no route)";
}

/** Koa and its router answer by a bare status; ours say more. */
function unrouted(ctx: Context): VastifyError {
  if (ctx.status === 405 || ctx.status === 501) {
    const message = `${ctx.path} has no ${ctx.method}; it has ${ctx.response.get("allow")}`;
    return new VastifyError("unimplemented", message, { reason: "method_not_allowed" });
  }
  return new VastifyError("not_found", `nothing serves ${ctx.path}`, { reason: "no_route" });
}

/** Errors of middleware that follows Koa's `ctx.throw` keep their status when a client may see them. */
function httpErrorOf(thrown: unknown): VastifyError {
  if (VastifyError.is(thrown) || !(thrown instanceof Error)) return VastifyError.from(thrown);
  const { status, expose } = thrown as { status?: unknown; expose?: unknown };
  if (expose !== true || typeof status !== "number") return VastifyError.from(thrown);
  if (status === 401) return new VastifyError("unauthenticated", thrown.message);
  if (status === 403) return new VastifyError("permission_denied", thrown.message);
  if (status === 404) return new VastifyError("not_found", thrown.message);
  if (status === 409) return new VastifyError("already_exists", thrown.message);
  return new VastifyError("invalid_argument", thrown.message);
}
