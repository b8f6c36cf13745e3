import { Transform, type TransformCallback } from "node:stream";
import { parseSafely, VastifyError } from "../../core/index.js";

/** Before each message stands its length. */
const lengthBytes = 4;

/** A message as it stands in a stream of bytes: where it ends is told by its length, in four bytes before it. */
export function withLength(message: Uint8Array): Buffer {
  const marked = Buffer.allocUnsafe(lengthBytes + message.length);
  marked.writeUInt32BE(message.length);
  marked.set(message, lengthBytes);
  return marked;
}

/** The longest account of a failure, in bytes. */
const longestFailure = 16_384;

/** Instead of a length: what follows is no message but why there are no more. */
const failureMark = 0xff_ff_ff_ff;

/**
 * The last that stands in a stream of messages whose sender failed. Were the stream broken off instead, messages before
 * it that were not read yet would be lost.
 */
export function withFailure(thrown: unknown): Buffer {
  const { code, message, reason } = VastifyError.toWire(thrown);
  const mark = Buffer.alloc(lengthBytes, 0xff);
  return Buffer.concat([
    mark,
    withLength(Buffer.from(JSON.stringify({ code, message: message.slice(0, 1_000), reason }))),
  ]);
}

/**
 * Finds the messages in a stream of bytes, and at the end the error that its sender failed with, if it did. It holds
 * those of one chunk, and at most one that has not come whole.
 *
 * It ends with `invalid_argument`, reason `bad_stream`, where a message is larger than `maxBytes` or cut off.
 */
export class MessageSplitter extends Transform {
  private readonly maxBytes: number;
  private chunks: Buffer[] = [];
  private held = 0;
  private hasFailed = false;
  /** How much must be held before there is something to give. */
  private needed = lengthBytes;

  constructor(maxBytes: number) {
    super({ readableObjectMode: true, readableHighWaterMark: 1 });
    this.maxBytes = maxBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.chunks.push(chunk);
    this.held += chunk.length;
    done(this.held < this.needed ? null : this.split());
  }

  override _flush(done: TransformCallback): void {
    done(this.held === 0 ? null : badStream("it ends within a message"));
  }

  private split(): Error | null {
    const bytes = Buffer.concat(this.chunks, this.held);
    let at = 0;
    for (;;) {
      this.needed = lengthBytes;
      if (bytes.length - at < this.needed) break;
      const length = bytes.readUInt32BE(at);
      if (length === failureMark && !this.hasFailed) {
        this.hasFailed = true;
        at += lengthBytes;
        continue;
      }
      if (length > (this.hasFailed ? longestFailure : this.maxBytes))
        return badStream(`it holds a message of ${length} bytes; ${this.maxBytes} are allowed`);
      this.needed += length;
      if (bytes.length - at < this.needed) break;
      const message = bytes.subarray(at + lengthBytes, at + this.needed);
      this.push(this.hasFailed ? failureIn(message) : message);
      at += this.needed;
    }
    this.chunks = [bytes.subarray(at)];
    this.held = bytes.length - at;
    return null;
  }
}

function failureIn(message: Buffer): VastifyError {
  try {
    return VastifyError.fromWire(Object(parseSafely(message.toString())) as Record<string, unknown>);
  } catch {
    return badStream("why it failed is not JSON");
  }
}

function badStream(why: string): VastifyError {
  return new VastifyError("invalid_argument", `a stream of messages can't be read: ${why}`, { reason: "bad_stream" });
}
