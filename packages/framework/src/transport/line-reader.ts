import { VastifyError } from "../core/index.js";

const lineFeed = 10;

/**
 * Cuts a byte stream into lines. What has arrived is decoded at once, up to the last line feed; the rest waits,
 * uncopied, for more, so that a peer that sends byte by byte costs no more than one that doesn't.
 */
export class LineReader {
  private readonly maxBytes: number;
  private readonly onLine: (line: string) => void;
  private parts: Buffer[] = [];
  private waiting = 0;

  constructor(maxBytes: number, onLine: (line: string) => void) {
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
    if (this.waiting === 0) text = chunk.toString("utf8", 0, last + 1);
    else {
      this.parts.push(chunk.subarray(0, last + 1));
      text = Buffer.concat(this.parts).toString("utf8");
      this.parts = [];
      this.waiting = 0;
    }
    if (last + 1 < chunk.length) this.keep(chunk.subarray(last + 1));
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf("\n", start);
      if (end - start > this.maxBytes) throw tooLarge(this.maxBytes);
      this.onLine(text.slice(start, end));
      start = end + 1;
    }
  }

  private keep(rest: Buffer): void {
    this.parts.push(rest);
    this.waiting += rest.length;
    if (this.waiting > this.maxBytes) throw tooLarge(this.maxBytes);
  }
}

function tooLarge(maxBytes: number): VastifyError {
  return new VastifyError("resource_exhausted", `a frame may hold ${maxBytes} bytes; this one holds more`, {
    reason: "body_too_large",
  });
}
