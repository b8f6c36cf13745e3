import {
  type CancelSignal,
  httpStatusOfError,
  type Identity,
  type Logger,
  newTraceId,
  silentLogger,
  VastifyError,
} from "../core/index.js";
import type { Exchange } from "./exchange.js";
import { HangUp } from "./hang-up.js";
import { problemOf, problemType } from "./problem.js";

/** Seconds that a client shall wait after a 503 or 429 when nobody knows better: about one round of discovery. */
const retryAfterSeconds = "2";

/** What our middleware leaves in `ctx.state`. */
export interface RequestState {
  /** The trace id. */
  readonly tx: string;
  /** What the request is named in answers and in the log. */
  readonly requestId: string | undefined;
  /** Aborts when the client hangs up. */
  readonly signal: CancelSignal;
  /** When it began, on the clock of `performance`. */
  readonly startedAt: number;
  /** The path's template, for the log: the path itself may name people. */
  route: string | undefined;
  /** Who sends the request, once somebody has checked it. */
  identity: Identity | undefined;
}

/** What is done before anything else: a request gets its names, and is given up when its client hangs up. */
export function beginRequest(ctx: Exchange): RequestState {
  const { res } = ctx;
  const hangUp = new HangUp();
  // It comes once; `once` would cost more than what it does.
  res.on("close", () => {
    if (!res.writableFinished) hangUp.abort();
  });
  const requestId = requestIdOf(ctx);
  const tx = traceIdOf(ctx) ?? newTraceId();
  ctx.set("x-request-id", requestId ?? tx);
  return { tx, requestId, signal: hangUp, startedAt: performance.now(), route: undefined, identity: undefined };
}

/** What a client or a balancer in front names the request, when that can stand in a header and in a log as it is. */
function requestIdOf(ctx: Exchange): string | undefined {
  const id = ctx.get("x-request-id");
  return id !== "" && /^[\w.:=+@/-]{1,128}$/.test(id) ? id : undefined;
}

/** The trace-id of a `traceparent` header (W3C Trace Context, "traceparent Header Field Values"). */
function traceIdOf(ctx: Exchange): string | undefined {
  const given = ctx.get("traceparent");
  if (given === "") return undefined;
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(given);
  return match?.[1] === "0".repeat(32) ? undefined : match?.[1];
}

/** Answers a failure with problem details. */
export function answerProblem(ctx: Exchange, thrown: unknown, log: Logger): void {
  const { tx } = ctx.state as RequestState;
  const error = httpErrorOf(thrown);
  const status = httpStatusOfError(error);
  if (status === 500) log.error(`${ctx.method} ${routeOf(ctx)} failed`, { tx, err: error.cause ?? error });
  if ((status === 503 || status === 429) && !ctx.response.get("retry-after")) ctx.set("retry-after", retryAfterSeconds);
  // They would speak of the answer that is not given.
  for (const name of ["content-encoding", "etag", "last-modified"]) ctx.remove(name);
  ctx.status = status;
  ctx.set("content-type", problemType);
  ctx.body = JSON.stringify(problemOf(error, tx));
}

/** What is done when the answer is known and not yet sent. */
export function endRequest(ctx: Exchange, { log, isLeaving }: { log: Logger; isLeaving(): boolean }): void {
  const { tx, requestId, startedAt } = ctx.state as RequestState;
  if (isLeaving()) ctx.set("connection", "close");
  // Most often nobody listens, and the words cost more than that.
  if (log.debug === silentLogger.debug) return;
  const ms = Math.round(performance.now() - startedAt);
  log.debug(
    `${ctx.method} ${routeOf(ctx)} ${ctx.status} ${ms} ms`,
    requestId === undefined ? { tx } : { tx, requestId },
  );
}

function routeOf(ctx: Exchange): string {
  return (ctx.state as RequestState).route ?? "(no route)";
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
