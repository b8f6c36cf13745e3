import parse from "co-body";
import type { Context, Middleware } from "koa";
import { VastifyError } from "../core/index.js";

const withoutBody: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Reads JSON and form bodies into `ctx.request.body`; a request without a body has an empty one.
 *
 * It refuses: 415 (another media type), 413 (more than `maxBytes`), 400 (not what its media type says).
 */
export function requestBody(maxBytes: number): Middleware {
  return async (ctx, next) => {
    Object.assign(ctx.request, {
      body: withoutBody.has(ctx.method) || !hasBody(ctx) ? {} : await readBody(ctx, maxBytes),
    });
    await next();
  };
}

function hasBody(ctx: Context): boolean {
  return ctx.get("transfer-encoding") !== "" || Number(ctx.get("content-length") || 0) > 0;
}

async function readBody(ctx: Context, maxBytes: number): Promise<unknown> {
  const kind = ctx.is("json", "+json", "urlencoded");
  if (!kind) {
    const got = ctx.get("content-type") || "none";
    throw new VastifyError("invalid_argument", `the body must be JSON or a form, its media type is ${got}`, {
      reason: "unsupported_media_type",
    });
  }
  try {
    return kind === "urlencoded"
      ? await parse.form(ctx, { limit: maxBytes })
      : await parse.json(ctx, { limit: maxBytes });
  } catch (thrown) {
    throw bodyError(thrown, maxBytes);
  }
}

function bodyError(thrown: unknown, maxBytes: number): VastifyError {
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
  return new VastifyError("invalid_argument", "the body is not what its media type says", { reason: "bad_body" });
}
