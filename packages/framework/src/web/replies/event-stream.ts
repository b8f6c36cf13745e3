import { Readable, Transform, type TransformCallback } from "node:stream";
import { badOption, type EndlessStream, endEarly, Releasable } from "../../core/index.js";
import { pipeThrough } from "./pipe-through.js";

/** An event as a browser's `EventSource` gets it. */
export interface ServerEvent {
  /** What happened: sent as JSON. */
  readonly data: unknown;
  /** Its kind, for `addEventListener`. @default "message" */
  readonly event?: string;
  /** Where to go on after a break: the browser sends the last one back, and the action finds it in `query.lastEventId`. */
  readonly id?: string;
  /** How long the browser waits before it connects again, in milliseconds. @default as the browser likes */
  readonly retryMs?: number;
}

/** The result of an action that streams events. */
export interface EventStreamResult {
  readonly http$: { readonly headers: Readonly<Record<string, string>> };
  readonly body: Readable;
}

/** Where events come from. */
type ServerEvents = AsyncIterable<ServerEvent> | Iterable<ServerEvent>;

export const eventStreamType = "text/event-stream";

/**
 * The result of an action whose answer is a stream of events (SSE). Events are taken one by one, as fast as the client
 * reads; the first is asked for at once, so that a generator's `finally` runs even for a client that is gone by then.
 * When either side goes, the iterable's `return` is called.
 * @param events or what makes them, given a signal that aborts when nobody listens any longer: for generators that wait
 * for something that may never happen, since their `return` must wait with them
 */
export function eventStream(events: ServerEvents | ((signal: AbortSignal) => ServerEvents)): EventStreamResult {
  const gone = new AbortController();
  const body = new EventTexts(typeof events === "function" ? events(gone.signal) : events, gone);
  return { http$: { headers: { "content-type": eventStreamType } }, body };
}

/** Unlike `Readable.from` it does not wait for the next event before it lets its source go. */
class EventTexts extends Readable implements EndlessStream {
  private readonly events: Releasable<ServerEvent>;
  private readonly gone: AbortController;
  private isPulling = false;
  /** Nothing more is sent. */
  private isEnded = false;

  constructor(events: ServerEvents, gone: AbortController) {
    super();
    this.events = new Releasable(events);
    this.gone = gone;
    void this.pull();
  }

  override _read(): void {
    void this.pull();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.gone.abort();
    void this.events.return();
    done(error);
  }

  [endEarly](): void {
    this.isEnded = true;
    if (!this.destroyed) this.push(null);
  }

  private async pull(): Promise<void> {
    if (this.isPulling) return;
    this.isPulling = true;
    try {
      while (await this.pushNext());
    } catch (error) {
      this.destroy(error as Error);
    }
    this.isPulling = false;
  }

  /** @returns whether there is room for more */
  private async pushNext(): Promise<boolean> {
    const { done, value } = await this.events.next();
    if (this.isEnded || this.destroyed) return false;
    return this.push(done ? null : eventText(value));
  }
}

/**
 * An event as the HTML standard writes it ("Server-sent events").
 * @throws VastifyError `invalid_argument`, reason `bad_option`, for a kind or id that would end its line
 */
export function eventText({ data, event, id, retryMs }: ServerEvent): string {
  const lines: string[] = [];
  if (event !== undefined) lines.push(`event: ${expectLine("event", event)}`);
  if (id !== undefined) lines.push(`id: ${expectLine("id", id)}`);
  if (retryMs !== undefined) lines.push(`retry: ${Math.round(retryMs)}`);
  // JSON never holds a line's end.
  lines.push(`data: ${JSON.stringify(data ?? null)}`);
  return `${lines.join("\n")}\n\n`;
}

function expectLine(name: string, value: string): string {
  if (typeof value === "string" && !/[\r\n\0]/.test(value)) return value;
  throw badOption(`the ${name} of an event`, value, "one line of text");
}

/** Proxies close what is silent for longer, usually after a minute, in milliseconds. */
const usualHeartbeatMs = 15_000;

/**
 * A stream of events that says at its beginning, and whenever it was silent for a while, that it lives. Ended early, it
 * ends between two events.
 */
export function withHeartbeats(events: Readable, everyMs = usualHeartbeatMs): EndlessStream {
  return pipeThrough(events, new HeartbeatStream(everyMs));
}

/** A line that clients pass over. */
const comment = ":\n\n";

class HeartbeatStream extends Transform implements EndlessStream {
  private readonly timer: NodeJS.Timeout;
  /** The end of what was sent: only between two events may a comment stand. */
  private tail = "\n\n";
  private state: "going on" | "ending" | "ended" = "going on";

  constructor(everyMs: number) {
    super();
    this.timer = setInterval(() => this.beat(), everyMs);
    this.push(comment);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.tail = (this.tail + chunk.subarray(-2).toString("latin1")).slice(-2);
    this.timer.refresh();
    if (this.state !== "ended") this.push(chunk);
    this.endIfDue();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.state = "ended";
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.timer);
    done(error);
  }

  [endEarly](): void {
    if (this.state === "going on") this.state = "ending";
    this.endIfDue();
  }

  private endIfDue(): void {
    if (this.state !== "ending" || !this.isBetweenEvents || this.destroyed) return;
    this.state = "ended";
    this.push(null);
  }

  private get isBetweenEvents(): boolean {
    return this.tail === "\n\n";
  }

  /** One that does not read yet needs no sign of life. */
  private beat(): void {
    if (this.state !== "ended" && this.isBetweenEvents && this.readableLength === 0) this.push(comment);
  }
}
