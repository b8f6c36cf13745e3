import type { IncomingMessage } from "node:http";
import type { Middleware } from "koa";
import { isDeeperThan, VastifyError } from "../core/index.js";
import type { Exchange } from "./exchange.js";
import { hasBody } from "./uploads/body-deadline.js";
import { takeUpload } from "./uploads/take-upload.js";
import type { UploadState } from "./uploads/upload-call.js";

/** As deep as a message between services may be. */
const maxDepth = 128;

const withoutBody: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Reads JSON and form bodies into `ctx.request.body`; a request without a body has an empty one. The body of an upload
 * route is left to its action, as a stream.
 *
 * It refuses: 415 (another media type), 413 (more than `maxBytes`), 400 (not what its media type says).
 */
export function requestBody(maxBytes: number): Middleware {
  return async (ctx, next) => {
    const state = ctx.state as UploadState;
    if (state.uploadRules) {
      state.upload = takeUpload(ctx, state.uploadRules);
      Object.assign(ctx.request, { body: {} });
      return next();
    }
    Object.assign(ctx.request, { body: isWithoutBody(ctx) ? {} : await readBody(ctx, maxBytes) });
    await next();
  };
}

export function isWithoutBody({ method, req }: Exchange): boolean {
  return withoutBody.has(method) || !hasBody(req);
}

/** @throws VastifyError what is refused, as `requestBody` says */
export async function readBody(ctx: Exchange, maxBytes: number): Promise<unknown> {
  const kind = ctx.is("json", "+json", "urlencoded");
  if (!kind) {
    const got = ctx.get("content-type") || "none";
    throw new VastifyError("invalid_argument", `the body must be JSON or a form, its media type is ${got}`, {
      reason: "unsupported_media_type",
    });
  }
  // Loaded with the first body: many services get none.
  const { default: parse } = await import("co-body");
  try {
    if (kind === "urlencoded") return await unlessBrokenOff(ctx.req, () => parse.form(ctx.req, { limit: maxBytes }));
    const { parsed, raw } = (await unlessBrokenOff(ctx.req, () =>
      parse.json(ctx.req, { limit: maxBytes, returnRawBody: true }),
    )) as { parsed: unknown; raw: string };
    if (isDeeperThan(raw, maxDepth)) throw tooDeep();
    return parsed;
  } catch (thrown) {
    throw bodyError(thrown, maxBytes);
  }
}

/**
 * Reads a body, and gives up when the rest of it never comes: a decompressor would wait for it for good.
 * @throws VastifyError `canceled`
 */
function unlessBrokenOff(req: IncomingMessage, read: () => Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      if (!req.readableEnded) reject(new VastifyError("canceled", "the client broke off its body"));
    };
    if (req.destroyed) return giveUp();
    req.once("close", giveUp);
    void read()
      .then(resolve, reject)
      .finally(() => req.off("close", giveUp));
  });
}

function tooDeep(): VastifyError {
  return new VastifyError("invalid_argument", `the body is nested deeper than ${maxDepth} levels`, {
    reason: "bad_body",
  });
}

function bodyError(thrown: unknown, maxBytes: number): VastifyError {
  if (VastifyError.is(thrown)) return thrown;
  const status = typeof thrown === "object" && thrown !== null && "status" in thrown ? thrown.status : undefined;
  if (status === 413) {
    return new VastifyError("resource_exhausted", `the body may hold ${maxBytes} bytes; this one holds more`, {
      reason: "body_too_large",
    });
  }
  if (status === 415) {
    return new VastifyError("invalid_argument", "the body's content-encoding is not one of gzip, deflate or identity", {
      reason: "unsupported_media_type",
    });
  }
  return new VastifyError(
    "invalid_argument",
    "the body is not the JSON object or list, or the form, that its media type says",
    { reason: "bad_body" },
  );
}
