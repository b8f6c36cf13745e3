import { hash } from "node:crypto";
import { Readable } from "node:stream";
import { endEarly, VastifyError } from "../../core/index.js";
import { departureOf } from "../departure.js";
import type { Exchange } from "../exchange.js";
import type { RequestState } from "../request-life.js";
import { eventStreamType, withHeartbeats } from "./event-stream.js";
import { isFresh } from "./freshness.js";
import { type ByteRange, readRange } from "./range.js";
import { sliceStream } from "./slice-stream.js";

/** What an action may answer with instead of JSON. */
export type Bytes = Uint8Array | Readable;

export function isBytes(value: unknown): value is Bytes {
  return value instanceof Uint8Array || value instanceof Readable;
}

/**
 * Sends bytes, or a stream of them as fast as the client reads; a client that hangs up ends the stream. Headers that
 * the action set are kept: with `content-length` a stream can be asked for in parts, as bytes always can.
 * @throws VastifyError what a stream fails with before its first byte; `invalid_argument` reason `bad_range` (416)
 */
export async function sendBytes(ctx: Exchange, body: Bytes): Promise<void> {
  if (body instanceof Uint8Array) sendBuffer(ctx, Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  else await sendStream(ctx, body);
}

function sendBuffer(ctx: Exchange, bytes: Buffer): void {
  noteType(ctx);
  if (ctx.status === 200 && !ctx.response.get("etag")) ctx.set("etag", `"${hash("sha1", bytes, "base64url")}"`);
  if (isFresh(ctx)) {
    sendNotModified(ctx);
    return;
  }
  const range = rangeOf(ctx, bytes.length);
  ctx.body = range ? bytes.subarray(range.first, range.last + 1) : bytes;
}

async function sendStream(ctx: Exchange, stream: Readable): Promise<void> {
  const { signal } = ctx.state as RequestState;
  const letGo = () => stream.destroy();
  if (signal.aborted) return void letGo();
  signal.addEventListener("abort", letGo, { once: true });
  try {
    if (isEvents(ctx.response.get("content-type"))) return sendEvents(ctx, stream);
    noteType(ctx);
    if (isFresh(ctx)) {
      letGo();
      return sendNotModified(ctx);
    }
    const length = declaredLength(ctx);
    const range = length === undefined ? undefined : rangeOf(ctx, length);
    // A stream that fails at once can still be answered by what it failed with.
    await begun(stream);
    if (length === undefined || length === 0) ctx.body = stream;
    else {
      ctx.body = sliceStream(stream, range ?? { first: 0, last: length - 1 });
      ctx.length = range ? range.last - range.first + 1 : length;
    }
  } catch (error) {
    letGo();
    throw error;
  }
}

function isEvents(type = ""): boolean {
  return type.split(";")[0]?.trim().toLowerCase() === eventStreamType;
}

function noteType(ctx: Exchange): void {
  if (!ctx.response.get("content-type")) ctx.set("content-type", "application/octet-stream");
}

function sendEvents(ctx: Exchange, stream: Readable): void {
  ctx.set({ "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" });
  ctx.remove("content-length");
  const events = withHeartbeats(stream);
  const stay = departureOf(ctx.req)?.onLeave(() => events[endEarly]());
  if (stay) events.once("close", stay);
  ctx.body = events;
}

function sendNotModified(ctx: Exchange): void {
  ctx.status = 304;
  ctx.body = null;
}

/** Says that parts may be asked for, and which one is sent, if one is. */
function rangeOf(ctx: Exchange, length: number): ByteRange | undefined {
  if (ctx.status !== 200 || ctx.response.get("content-encoding")) return undefined;
  ctx.set("accept-ranges", "bytes");
  if (ctx.method !== "GET" || !isStillThat(ctx)) return undefined;
  const range = readRange(ctx.get("range"), length);
  if (range === undefined) return undefined;
  if (range === "unsatisfiable") {
    ctx.set("content-range", `bytes */${length}`);
    throw new VastifyError("invalid_argument", `the range lies outside of ${length} bytes`, { reason: "bad_range" });
  }
  ctx.status = 206;
  ctx.set("content-range", `bytes ${range.first}-${range.last}/${length}`);
  return range;
}

/** `If-Range`: a part of something else than what the client has begun with is of no use to it. */
function isStillThat(ctx: Exchange): boolean {
  const wanted = ctx.get("if-range");
  if (wanted === "") return true;
  const etag = ctx.response.get("etag");
  if (wanted.startsWith('"')) return wanted === etag;
  return !wanted.startsWith("W/") && wanted === ctx.response.get("last-modified");
}

function declaredLength(ctx: Exchange): number | undefined {
  const text: string | undefined = ctx.response.get("content-length");
  if (!text) return undefined;
  const length = Number(text);
  if (Number.isSafeInteger(length) && length >= 0) return length;
  throw new VastifyError("internal", "the action said a content-length that is no number", { reason: "bad_result" });
}

/** Resolves with a stream's first byte or its end. @throws what it fails with */
function begun(stream: Readable): Promise<void> {
  if (stream.errored) return Promise.reject(stream.errored);
  if (stream.destroyed || stream.readableLength > 0 || stream.readableEnded) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      for (const name of ["readable", "close", "end"]) stream.off(name, onBegin);
      stream.off("error", settle);
      if (error) reject(error);
      else resolve();
    };
    const onBegin = () => settle();
    for (const name of ["readable", "close", "end"]) stream.on(name, onBegin);
    stream.on("error", settle);
  });
}
