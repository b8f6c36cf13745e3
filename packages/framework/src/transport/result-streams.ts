import type { Readable } from "node:stream";
import { type Call, endEarly, isEndless, VastifyError } from "../core/index.js";
import { instanceLeaving } from "./peer-errors.js";

/** The streams of the results that a connection's calls had, as long as they flow. */
export class ResultStreams {
  private readonly byCall = new Map<number, readonly Readable[]>();
  private readonly endings = new Set<() => void>();
  private isLeaving = false;

  add(id: number, call: Call, streams: readonly Readable[]): void {
    this.byCall.set(id, streams);
    for (const stream of streams) {
      stream.once("close", () => {
        if (this.byCall.get(id) === streams && streams.every(({ closed }) => closed)) this.byCall.delete(id);
      });
      const end = endingOf(call, stream);
      if (end) this.keepEnding(end, stream);
    }
  }

  /** Its caller gave a call up while the result was on its way. */
  cancel(id: number): void {
    for (const stream of this.byCall.get(id) ?? [])
      stream.destroy(new VastifyError("canceled", "the stream was canceled by its caller"));
  }

  /** The number names another call from now on. */
  forget(id: number): void {
    if (this.byCall.size > 0) this.byCall.delete(id);
  }

  /** What has no end of its own would only be cut off later. */
  leave(): void {
    this.isLeaving = true;
    for (const end of this.endings) end();
  }

  private keepEnding(end: () => void, stream: Readable): void {
    if (this.isLeaving) {
      end();
      return;
    }
    this.endings.add(end);
    stream.once("close", () => this.endings.delete(end));
  }
}

/** What ends a result that has no end of its own, as those of sockets and events have none. */
function endingOf(call: Call, stream: Readable): (() => void) | undefined {
  if (call.isLasting) return () => call.end(instanceLeaving());
  return isEndless(stream) ? () => stream[endEarly]() : undefined;
}
