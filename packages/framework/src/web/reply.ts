import { validateHeaderName, validateHeaderValue } from "node:http";
import { Readable } from "node:stream";
import { letGo, streamsIn, VastifyError } from "../core/index.js";
import type { Exchange } from "./exchange.js";
import { isFresh, weakTag } from "./replies/freshness.js";
import { type Bytes, isBytes, sendBytes } from "./replies/send-bytes.js";

/** What an action may say of its HTTP answer, in its result's `http$`. */
export interface HttpDirectives {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  redirect?: string;
}

/** What belongs to a connection, not to an answer: an action that sets these could end or split other answers. */
const notForActions: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Sends an action's result. Its `http$` sets status, headers or a redirect and is not part of the body; nothing to
 * send is 204; bytes and streams go out as they are, alone or as the only other member, `body`; everything else is
 * JSON, strings too. A caller who has what its `etag` header names gets 304.
 * @param usualStatus of an answer whose result does not say one
 * @returns a promise where it takes a while
 * @throws VastifyError what a stream fails with before its first byte, also by the promise
 */
export function sendResult(ctx: Exchange, result: unknown, usualStatus?: number): Promise<void> | undefined {
  const { http = {}, body } = splitResult(result);
  const bytes = bytesIn(body);

  function takeBack(error: unknown): never {
    if (bytes) discard(bytes);
    // They speak of an answer that is not given.
    for (const name of Object.keys(http.headers ?? {})) ctx.remove(name.toLowerCase());
    throw error;
  }

  try {
    if (http.headers) setHeaders(ctx, http.headers);
    return send(ctx, http, bytes ?? body, usualStatus)?.catch(takeBack);
  } catch (error) {
    return takeBack(error);
  }
}

/**
 * An action's output alone, for those who have no use for what it says of its HTTP answer.
 * @throws VastifyError `unimplemented`, reason `no_json`, for bytes and streams
 */
export function outputOf(result: unknown): unknown {
  const { body } = splitResult(result);
  if (!isBytes(body) && streamsIn(body).length === 0 && !bytesIn(body)) return body;
  letGo(body);
  throw new VastifyError("unimplemented", "the action answers with bytes; ask for them by its route", {
    reason: "no_json",
  });
}

/** @returns a promise where it takes a while */
function send(
  ctx: Exchange,
  http: HttpDirectives,
  body: unknown,
  usualStatus: number | undefined,
): Promise<void> | undefined {
  expectFinal(http.status);
  if (http.redirect !== undefined) {
    if (isBytes(body)) discard(body);
    ctx.redirect(http.redirect);
    if (http.status !== undefined) ctx.status = http.status;
  } else if (body === undefined || body === null || http.status === 204) {
    if (isBytes(body)) discard(body);
    ctx.body = null;
    ctx.status = http.status ?? usualStatus ?? 204;
  } else {
    ctx.status = http.status ?? usualStatus ?? 200;
    if (isBytes(body)) return sendBytes(ctx, body);
    sendJson(ctx, body);
  }
  return undefined;
}

/** One below 200 is no answer: the client would wait for the real one, and take the next request's for it. */
function expectFinal(status: unknown): void {
  if (status === undefined || (Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599)) return;
  const text = `the action said the status ${JSON.stringify(status)}; it must be a whole number from 200 to 599`;
  throw new VastifyError("internal", text, { reason: "bad_result" });
}

function sendJson(ctx: Exchange, value: unknown): void {
  const text = JSON.stringify(value);
  const isReading = ctx.status === 200 && (ctx.method === "GET" || ctx.method === "HEAD");
  if (isReading && !ctx.response.get("etag")) ctx.set("etag", weakTag(text));
  if (isFresh(ctx)) {
    ctx.status = 304;
    ctx.body = null;
    return;
  }
  ctx.set("content-type", "application/json; charset=utf-8");
  ctx.body = text;
}

function splitResult(result: unknown): { http?: HttpDirectives; body: unknown } {
  if (typeof result !== "object" || result === null || !("http$" in result)) return { body: result };
  const { http$, ...body } = result as { http$: HttpDirectives };
  return { http: http$ ?? {}, body: Object.keys(body).length > 0 ? body : undefined };
}

function bytesIn(body: unknown): Bytes | undefined {
  if (isBytes(body)) return body;
  if (typeof body !== "object" || body === null) return undefined;
  if ("body" in body && isBytes(body.body) && Object.keys(body).length === 1) return body.body;
  if (!hasStream(body)) return undefined;
  letGo(body);
  throw new VastifyError("internal", "the action answered with a stream that is neither all of it nor its only body", {
    reason: "bad_result",
  });
}

/** As JSON a stream would show its insides, such as what its connection carries for others. */
function hasStream(body: object): boolean {
  if (Array.isArray(body)) return body.some(isStream);
  for (const key in body) if (isStream((body as Readonly<Record<string, unknown>>)[key])) return true;
  return false;
}

function isStream(value: unknown): boolean {
  return typeof value === "object" && value instanceof Readable;
}

function setHeaders(ctx: Exchange, headers: Readonly<Record<string, string>>): void {
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (notForActions.has(name) || value === undefined || value === null) continue;
    // Only cookies can't stand in one line; what else another language sent is made text.
    const text = name === "set-cookie" && Array.isArray(value) ? value.map(String) : String(value);
    validateHeaderName(name);
    validateHeaderValue(name, String(text));
    ctx.set(name, text);
  }
}

function discard(bytes: Bytes): void {
  if ("destroy" in bytes) bytes.destroy();
}
