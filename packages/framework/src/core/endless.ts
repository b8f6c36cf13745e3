import type { Readable } from "node:stream";

/** By this name a stream ends early, after what it is saying; for those that may have no end of their own. */
export const endEarly = Symbol.for("vastify.endEarly");

/** A stream that may have no end of its own, such as one of events: it is ended before its process leaves. */
export interface EndlessStream extends Readable {
  [endEarly](): void;
}

export function isEndless(stream: Readable): stream is EndlessStream {
  return endEarly in stream;
}
