import { isAscii } from "node:buffer";
import { maySayPrototype, VastifyError } from "../core/index.js";

/** What takes the parts of a byte stream that a `FrameReader` cut. */
export interface FrameTaker {
  /**
   * @param careful the text that the line comes from may hold keys that reach a prototype
   * @returns how many raw bytes follow the line; they come to `onBytes`
   */
  onLine(line: string, careful: boolean): number;
  /** A part of the raw bytes announced, in order. */
  onBytes(bytes: Buffer): void;
}

const lineFeed = 10;
const nothing = Buffer.alloc(0);

/** Each part costs some hundred bytes beside its own, so many small ones are made one. */
const maxParts = 1024;

/**
 * Cuts a byte stream into lines and the raw bytes that lines announce. What has arrived is decoded at once, up to the
 * last line feed; the rest waits, hardly copied, for more, so that a peer that sends byte by byte costs no more than one
 * that doesn't.
 */
export class FrameReader {
  private readonly maxBytes: number;
  private readonly taker: FrameTaker;
  private parts: Buffer[] = [];
  private waiting = 0;
  private raw = 0;
  /** Raw bytes came lately, so decoding far ahead would decode what is no text. */
  private lineByLine = false;

  constructor(maxBytes: number, taker: FrameTaker) {
    this.maxBytes = maxBytes;
    this.taker = taker;
  }

  /** @throws VastifyError `resource_exhausted`, reason `body_too_large`, when a line is longer than `maxBytes` */
  push(chunk: Buffer): void {
    this.lineByLine = this.raw > 0;
    for (let rest = chunk; rest.length > 0; ) rest = this.raw > 0 ? this.takeRaw(rest) : this.takeLines(rest);
  }

  private takeRaw(bytes: Buffer): Buffer {
    const taken = bytes.length <= this.raw ? bytes : bytes.subarray(0, this.raw);
    this.raw -= taken.length;
    this.taker.onBytes(taken);
    return bytes.subarray(taken.length);
  }

  /** Gives what is left after a line that announces raw bytes. */
  private takeLines(chunk: Buffer): Buffer {
    const last = this.lineByLine ? chunk.indexOf(lineFeed) : chunk.lastIndexOf(lineFeed);
    if (last < 0) {
      this.keep(chunk);
      return nothing;
    }
    const lines = this.withKept(chunk.subarray(0, last + 1));
    const text = lines.toString(isAscii(lines) ? "latin1" : "utf8");
    const careful = maySayPrototype(text);
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf("\n", start);
      if (end - start > this.maxBytes) throw tooLarge(this.maxBytes);
      this.raw = this.taker.onLine(text.slice(start, end), careful);
      start = end + 1;
      if (this.raw > 0) {
        this.lineByLine = true;
        const used = text.length === lines.length ? start : Buffer.byteLength(text.slice(0, start));
        return used === lines.length
          ? chunk.subarray(last + 1)
          : Buffer.concat([lines.subarray(used), chunk.subarray(last + 1)]);
      }
    }
    const rest = chunk.subarray(last + 1);
    if (this.lineByLine || rest.length === 0) return rest;
    this.keep(rest);
    return nothing;
  }

  private withKept(bytes: Buffer): Buffer {
    if (this.waiting === 0) return bytes;
    this.parts.push(bytes);
    const whole = Buffer.concat(this.parts);
    this.parts = [];
    this.waiting = 0;
    return whole;
  }

  private keep(bytes: Buffer): void {
    this.parts.push(bytes);
    this.waiting += bytes.length;
    if (this.parts.length === maxParts) this.parts = [Buffer.concat(this.parts)];
    if (this.waiting > this.maxBytes) throw tooLarge(this.maxBytes);
  }
}

function tooLarge(maxBytes: number): VastifyError {
  return new VastifyError("resource_exhausted", `a frame may hold ${maxBytes} bytes; this one holds more`, {
    reason: "body_too_large",
  });
}
