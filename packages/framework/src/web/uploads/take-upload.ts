import { type Readable, Transform, type TransformCallback } from "node:stream";
import type { UploadRules } from "../../contracts/index.js";
import { VastifyError } from "../../core/index.js";
import type { Exchange } from "../exchange.js";
import { liftBodyLimit } from "./body-deadline.js";
import { badDigest, type DigestCheck, readContentDigest } from "./content-digest.js";

/** How long a client may send nothing although it could, in milliseconds. */
const usualIdleMs = 30_000;

/**
 * A request's body as a stream for its action: as fast as that reads, no longer than the rules allow, and ended with an
 * error when the client breaks off. Whatever is left of it is let go once the request is answered.
 * @throws VastifyError `invalid_argument` reason `unsupported_media_type` or `bad_digest`, `resource_exhausted` reason
 * `body_too_large`, when the request's headers say already that it won't do
 */
export function takeUpload(ctx: Exchange, rules: Required<UploadRules>, idleMs = usualIdleMs): Readable {
  expectType(ctx, rules);
  const { req, res } = ctx;
  if (Number(ctx.get("content-length") || 0) > rules.maxBytes) throw tooLarge(rules.maxBytes);
  const digest = readContentDigest(ctx.get("content-digest"));
  if (rules.digest && !digest) throw badDigest("the body must come with a Content-Digest of sha-256");

  const body = new UploadBody(rules.maxBytes, digest);
  // Whoever reads it sees the error; a body that nobody reads must not end the process.
  body.on("error", () => {});
  liftBodyLimit(req);
  const stalled = setInterval(() => {
    // One that waits for its reader waits for us.
    if (!body.hasMoved() && !body.writableNeedDrain) body.destroy(stalledFor(idleMs));
  }, idleMs).unref();
  body.once("close", () => {
    clearInterval(stalled);
    req.unpipe(body);
  });
  const breakOff = () => body.destroy(new VastifyError("canceled", "the client broke off its upload"));
  // A request that has arrived whole may have bytes here that were not read yet.
  req.once("close", () => {
    if (!req.complete) breakOff();
  });
  res.once("close", () => {
    if (req.complete || res.writableFinished) body.destroy();
    else breakOff();
  });
  return req.pipe(body);
}

class UploadBody extends Transform {
  private readonly maxBytes: number;
  private readonly digest: DigestCheck | undefined;
  private received = 0;
  private receivedBefore = 0;

  constructor(maxBytes: number, digest: DigestCheck | undefined) {
    super();
    this.maxBytes = maxBytes;
    this.digest = digest;
  }

  /** Whether anything has come since it was asked last. */
  hasMoved(): boolean {
    const moved = this.received > this.receivedBefore;
    this.receivedBefore = this.received;
    return moved;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.received += chunk.length;
    if (this.received > this.maxBytes) done(tooLarge(this.maxBytes));
    else {
      this.digest?.update(chunk);
      done(null, chunk);
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.digest?.end();
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}

function expectType(ctx: Exchange, { kind, types }: Required<UploadRules>): void {
  const got = ctx.get("content-type") || "none";
  if (kind === "multipart" && !/^multipart\/form-data\s*;.*\bboundary=/i.test(got))
    throw badType("a multipart form", got);
  if (kind === "raw" && types.length > 0 && !ctx.is(...types)) throw badType(`of type ${types.join(" or ")}`, got);
}

function badType(expected: string, got: string): VastifyError {
  return new VastifyError("invalid_argument", `the body must be ${expected}, its media type is ${got}`, {
    reason: "unsupported_media_type",
  });
}

function tooLarge(maxBytes: number): VastifyError {
  return new VastifyError("resource_exhausted", `the body may hold ${maxBytes} bytes; this one holds more`, {
    reason: "body_too_large",
  });
}

function stalledFor(ms: number): VastifyError {
  return new VastifyError("deadline_exceeded", `nothing of the upload came for ${ms} ms`, { reason: "upload_stalled" });
}
