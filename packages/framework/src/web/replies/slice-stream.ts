import { type Readable, Transform, type TransformCallback } from "node:stream";
import { VastifyError } from "../../core/index.js";
import { pipeThrough } from "./pipe-through.js";
import type { ByteRange } from "./range.js";

/**
 * Exactly these bytes of a stream: one that says its length must keep to it, or the next answer on the connection would
 * begin in the middle of this one.
 */
export function sliceStream(source: Readable, range: ByteRange): Readable {
  return pipeThrough(source, new Slice(range));
}

class Slice extends Transform {
  private skip: number;
  private left: number;

  constructor({ first, last }: ByteRange) {
    super();
    this.skip = first;
    this.left = last - first + 1;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const from = Math.min(this.skip, chunk.length);
    this.skip -= from;
    const part = chunk.subarray(from, from + this.left);
    if (part.length > 0) {
      this.left -= part.length;
      this.push(part);
      if (this.left === 0) this.push(null);
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    // An answer that is shorter than its Content-Length must not look like a whole one.
    done(this.left > 0 ? endedEarly(this.left) : null);
  }
}

function endedEarly(missing: number): VastifyError {
  const text = `a stream ended ${missing} bytes before the length that its action said`;
  return new VastifyError("internal", text, { reason: "bad_result" });
}
