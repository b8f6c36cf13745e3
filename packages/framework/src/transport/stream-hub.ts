import { Readable } from "node:stream";
import { VastifyError } from "../core/index.js";
import { badFrame, type Frame, frameKind } from "./frames.js";
import type { GatheredWriter } from "./gathered-writer.js";

/** What a sender may send before the receiver has taken any of it, in bytes. */
export const initialCredit = 262_144;
const chunkBytes = 65_536;
const maxStreams = 10_000;
/** As many as one frame may attach. */
const mostAttached = 64;

/** The streams of one connection, both ways, each with its own backpressure. */
export class StreamHub {
  /** Called when the last stream has ended; whoever waits for that sets this. */
  onIdle: (() => void) | undefined = undefined;
  private readonly writer: GatheredWriter;
  private readonly outgoing = new Map<number, OutgoingStream>();
  private readonly incoming = new Map<number, IncomingStream>();
  private nextId = 1;
  private receiving: IncomingStream | undefined = undefined;

  constructor(writer: GatheredWriter) {
    this.writer = writer;
  }

  /** Sends a stream to the peer from now on; its number goes into the frame that it is attached to. */
  send(source: Readable): number {
    const id = this.nextId++;
    const stream = new OutgoingStream(id, source, this.writer);
    this.outgoing.set(id, stream);
    void stream.pump().finally(() => this.sent(id));
    return id;
  }

  /** Whether the peer could be sent more streams than it takes. */
  get isFull(): boolean {
    return this.outgoing.size > maxStreams - mostAttached;
  }

  /** Whether a stream is on its way, in either direction. */
  get busy(): boolean {
    return this.outgoing.size > 0 || this.incoming.size > 0;
  }

  private sent(id: number): void {
    if (this.outgoing.delete(id)) this.ended();
  }

  private ended(): void {
    if (!this.busy) this.onIdle?.();
  }

  /** The stream that the peer sends under this number. */
  receive(id: number): Readable {
    if (this.incoming.has(id)) throw badFrame("its stream's number is in use");
    if (this.incoming.size >= maxStreams) throw tooManyStreams();
    const stream = new IncomingStream(id, this.writer, () => {
      this.incoming.delete(id);
      this.ended();
    });
    this.incoming.set(id, stream);
    return stream;
  }

  /**
   * Takes a frame about a stream.
   * @returns how many raw bytes follow it
   */
  onFrame(frame: Frame): number {
    const [kind, id, detail] = frame as [number, number, unknown];
    switch (kind) {
      case frameKind.data:
        return this.expectData(this.incoming.get(id), detail);
      case frameKind.end:
        this.incoming.get(id)?.ended();
        return 0;
      case frameKind.abort:
        this.incoming
          .get(id)
          ?.destroy(VastifyError.fromWire(typeof detail === "object" && detail !== null ? { ...detail } : {}));
        return 0;
      case frameKind.credit:
        // A part of a byte could never be sent, and would be tried for ever.
        if (!Number.isInteger(detail) || (detail as number) < 0) throw badFrame("its credit is no whole number");
        this.outgoing.get(id)?.grant(detail as number);
        return 0;
      default:
        this.outgoing.get(id)?.cancel();
        // At once: a source that is slow to end must not hold its place.
        this.sent(id);
        return 0;
    }
  }

  onBytes(bytes: Buffer): void {
    this.receiving?.receive(bytes);
  }

  /** The connection is gone. */
  close(error: Error): void {
    for (const stream of this.incoming.values()) stream.destroy(error);
    for (const stream of this.outgoing.values()) stream.cancel(error);
  }

  /** Data of a stream that is no longer wanted is passed over: its sender has not heard yet. */
  private expectData(stream: IncomingStream | undefined, length: unknown): number {
    if (typeof length !== "number" || !Number.isInteger(length) || length <= 0 || length > initialCredit)
      throw badFrame("its length is wrong");
    if (stream && length > stream.credit) throw badFrame("it holds more than its stream may send");
    this.receiving = stream;
    return length;
  }
}

class IncomingStream extends Readable {
  credit = initialCredit;
  private readonly id: number;
  /** Holds what others send by the connection: hidden from whoever writes a stream out, such as into a log. */
  readonly #writer: GatheredWriter;
  private readonly forget: () => void;
  private consumed = 0;
  private isEnded = false;

  constructor(id: number, writer: GatheredWriter, forget: () => void) {
    super({ highWaterMark: initialCredit });
    this.id = id;
    this.#writer = writer;
    this.forget = forget;
    // A stream that breaks off before anybody reads it must not end the process; whoever reads it sees the error.
    this.on("error", () => {});
  }

  receive(bytes: Buffer): void {
    this.credit -= bytes.length;
    this.consumed += bytes.length;
    if (!this.destroyed) this.push(bytes);
  }

  ended(): void {
    this.isEnded = true;
    this.forget();
    this.push(null);
  }

  /** Called while the reader wants more: what it has taken may be sent again. */
  override _read(): void {
    if (this.consumed < chunkBytes || this.isEnded) return;
    this.#writer.write(`[${frameKind.credit},${this.id},${this.consumed}]\n`);
    this.credit += this.consumed;
    this.consumed = 0;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.isEnded) {
      this.isEnded = true;
      this.forget();
      this.#writer.write(`[${frameKind.stop},${this.id}]\n`);
    }
    done(error);
  }
}

class OutgoingStream {
  private readonly id: number;
  private readonly source: Readable;
  private readonly writer: GatheredWriter;
  private credit = initialCredit;
  private wake: () => void = () => {};
  private isCanceled = false;

  constructor(id: number, source: Readable, writer: GatheredWriter) {
    this.id = id;
    this.source = source;
    this.writer = writer;
  }

  async pump(): Promise<void> {
    try {
      for await (const chunk of this.source) {
        await this.send(bytesOf(chunk));
        if (this.isCanceled) return;
      }
      this.writer.write(`[${frameKind.end},${this.id}]\n`);
    } catch (error) {
      if (!this.isCanceled)
        this.writer.write(`[${frameKind.abort},${this.id},${JSON.stringify(VastifyError.toWire(error))}]\n`);
    }
  }

  grant(bytes: number): void {
    this.credit += bytes;
    this.wake();
  }

  /** The receiver wants no more of it. */
  cancel(error?: Error): void {
    this.isCanceled = true;
    this.source.destroy(error);
    this.wake();
  }

  private async send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.isCanceled; ) {
      if (this.credit === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      const part = bytes.subarray(at, at + Math.min(this.credit, chunkBytes));
      this.writer.writeWithBytes(`[${frameKind.data},${this.id},${part.length}]\n`, [part]);
      this.credit -= part.length;
      at += part.length;
      await this.writer.ready();
    }
  }
}

export function tooManyStreams(): VastifyError {
  return new VastifyError("resource_exhausted", `a connection carries no more than ${maxStreams} streams`, {
    reason: "too_many_calls",
  });
}

/** @throws VastifyError `invalid_argument`, reason `bad_stream`, for chunks that are neither bytes nor text */
function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === "string") return Buffer.from(chunk);
  throw new VastifyError("invalid_argument", "a stream may carry bytes or text, not objects", { reason: "bad_stream" });
}
