import { Readable, type Transform } from "node:stream";
import { promisify } from "node:util";
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from "node:zlib";
import { badOption } from "../../core/index.js";
import type { Exchange } from "../exchange.js";
import { pipeThrough } from "../replies/pipe-through.js";
import { varyBy } from "../vary-by.js";
import type { EdgeStep } from "./edge-step.js";

export interface CompressionOptions {
  /** Smaller answers are sent as they are, in bytes. @default 1_024 */
  minBytes?: number;
}

/** One way to encode an answer. */
interface Encoder {
  whole(bytes: string | Buffer): Promise<Buffer>;
  stream(): Transform;
}

// Far cheaper than the highest quality, and still smaller than what gzip makes.
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const brotliWhole = promisify(brotliCompress);
const gzipWhole: (bytes: string | Buffer) => Promise<Buffer> = promisify(gzip);

// In the order we like them. Streams are flushed by the chunk: a line that waits in the encoder is one that did not come.
const encoders: Readonly<Record<string, Encoder>> = {
  br: {
    whole: (bytes) => brotliWhole(bytes, brotli),
    stream: () => createBrotliCompress({ ...brotli, flush: constants.BROTLI_OPERATION_FLUSH }),
  },
  gzip: { whole: gzipWhole, stream: () => createGzip({ flush: constants.Z_SYNC_FLUSH }) },
};

const varyByEncoding = varyBy("accept-encoding");

/** What shrinks; pictures, films and archives are compressed already, and events must come at once. */
const worthIt = /^(text\/(?!event-stream)|application\/([\w.-]+\+)?(json|xml|javascript|x-ndjson)\b|image\/svg\+xml)/i;

/**
 * Compresses answers as the client's `Accept-Encoding` allows.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function compression({ minBytes = 1_024 }: CompressionOptions = {}): EdgeStep {
  if (!Number.isInteger(minBytes) || minBytes < 0)
    throw badOption("compression.minBytes", minBytes, "a number of bytes, 0 or more");

  async function encode(ctx: Exchange, encoding: string, encoder: Encoder): Promise<void> {
    const { body } = ctx;
    if (typeof body === "string" || Buffer.isBuffer(body)) ctx.body = await encoder.whole(body);
    else if (body instanceof Readable) {
      ctx.remove("content-length");
      ctx.body = pipeThrough(body, encoder.stream());
    } else return;
    noteEncoding(ctx, encoding);
  }

  return {
    finish(ctx) {
      if (!mayBeEncoded(ctx) || !worthIt.test(ctx.response.get("content-type"))) return undefined;
      varyByEncoding(ctx);
      if (ctx.method === "HEAD" || (ctx.length !== undefined && ctx.length < minBytes)) return undefined;
      const chosen = Object.entries(encoders).find(([name]) => ctx.acceptsEncodings(name) !== false);
      return chosen && encode(ctx, ...chosen);
    },
  };
}

/** A part of an answer is a part of its plain bytes. */
function mayBeEncoded(ctx: Exchange): boolean {
  if (ctx.body === null || ctx.body === undefined || ctx.status === 206 || ctx.status === 304) return false;
  if (ctx.response.get("content-encoding")) return false;
  return !/no-transform/i.test(ctx.response.get("cache-control"));
}

function noteEncoding(ctx: Exchange, encoding: string): void {
  ctx.set("content-encoding", encoding);
  ctx.remove("accept-ranges");
  // The same thing in other bytes: a strong tag would say that they are equal.
  const etag: string | undefined = ctx.response.get("etag");
  if (etag?.startsWith('"')) ctx.set("etag", `W/${etag}`);
}
