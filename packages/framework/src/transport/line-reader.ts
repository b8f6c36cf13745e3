import { isAscii } from "node:buffer";
import { VastifyError } from "../core/index.js";
import { maySayPrototype } from "./clean-message.js";

const lineFeed = 10;

/** Each part costs some hundred bytes beside its own, so many small ones are made one. */
const maxParts = 1024;

/** @param careful the text that the line comes from may hold keys that reach a prototype */
export type OnLine = (line: string, careful: boolean) => void;

/**
 * Cuts a byte stream into lines. What has arrived is decoded at once, up to the last line feed; the rest waits,
 * for more, hardly copied, so that a peer that sends byte by byte costs no more than one that doesn't.
 */
export class LineReader {
  private readonly maxBytes: number;
  private readonly onLine: OnLine;
  private parts: Buffer[] = [];
  private waiting = 0;

  constructor(maxBytes: number, onLine: OnLine) {
    this.maxBytes = maxBytes;
    this.onLine = onLine;
  }

  /** @throws VastifyError `resource_exhausted`, reason `body_too_large`, when a line is longer than `maxBytes` */
  push(chunk: Buffer): void {
    const last = chunk.lastIndexOf(lineFeed);
    if (last < 0) {
      this.keep(chunk);
      return;
    }
    let text: string;
    if (this.waiting === 0) text = decode(chunk.subarray(0, last + 1));
    else {
      this.parts.push(chunk.subarray(0, last + 1));
      text = decode(Buffer.concat(this.parts));
      this.parts = [];
      this.waiting = 0;
    }
    if (last + 1 < chunk.length) this.keep(chunk.subarray(last + 1));
    const careful = maySayPrototype(text);
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf("\n", start);
      if (end - start > this.maxBytes) throw tooLarge(this.maxBytes);
      this.onLine(text.slice(start, end), careful);
      start = end + 1;
    }
  }

  private keep(rest: Buffer): void {
    this.parts.push(rest);
    this.waiting += rest.length;
    if (this.parts.length === maxParts) this.parts = [Buffer.concat(this.parts)];
    if (this.waiting > this.maxBytes) throw tooLarge(this.maxBytes);
  }
}

/** Most texts are ASCII, which needs no decoding. */
function decode(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8");
}

function tooLarge(maxBytes: number): VastifyError {
  return new VastifyError("resource_exhausted", `a frame may hold ${maxBytes} bytes; this one holds more`, {
    reason: "body_too_large",
  });
}
