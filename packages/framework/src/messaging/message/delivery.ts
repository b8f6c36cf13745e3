import type { ConsumeMessage } from "amqplib";
import { newTraceId, timeOfId, VastifyError } from "../../core/index.js";
import { Timed } from "../link/timed.js";
import { traceOf } from "./compose.js";
import { type Headers, headerNames, noHeaders, numberHeader, plainHeaders, textHeader } from "./headers.js";

/** What a handler learns of its message besides the payload. */
export interface Delivery {
  readonly id: string;
  readonly queue: string;
  readonly routingKey: string;
  readonly headers: Headers;
  /** 1 at first, and one more with each repetition. */
  readonly attempt: number;
  /** The broker gave it to somebody before and never heard whether it was handled. */
  readonly isRedelivered: boolean;
  /** To the millisecond, or to the second where the sender chose the id; undefined when it did not say. */
  readonly sentAt: Date | undefined;
  /** What orders it among others. */
  readonly key: string | undefined;
  /** The trace it belongs to: give it to calls made in the handler. */
  readonly tx: string;
  /** The same in W3C's form, as the sender gave it. */
  readonly traceparent: string | undefined;
  /** Aborts when the handler has taken too long, or at the message's deadline. */
  readonly signal: AbortSignal;
}

/** What handles a message. It is acknowledged once the promise resolves, and repeated later when it rejects. */
export type Handler<T> = (payload: T, message: Delivery) => unknown;

/** A delivery as this room sees it. */
export class Received extends Timed implements Delivery {
  readonly raw: ConsumeMessage;
  readonly queue: string;
  readonly id: string;
  readonly headers: Headers;
  private traced: ReturnType<typeof traceOf> | undefined;
  private controller: AbortController | undefined;
  private onExpiry: ((error: VastifyError) => void) | undefined;

  constructor(raw: ConsumeMessage, queue: string, timeoutMs: number) {
    const headers = plainHeaders(raw.properties.headers);
    const finishBy = numberHeader(headers, headerNames.finishBy);
    super(finishBy === undefined ? timeoutMs : Math.min(timeoutMs, Math.max(0, finishBy - Date.now())));
    this.raw = raw;
    this.queue = queue;
    this.headers = headers;
    const { messageId } = raw.properties;
    this.id = typeof messageId === "string" && messageId !== "" ? messageId : newTraceId();
  }

  get routingKey(): string {
    return textHeader(this.headers, headerNames.routingKey) ?? this.raw.fields.routingKey;
  }

  get failures(): number {
    return Math.max(0, numberHeader(this.headers, headerNames.failures) ?? 0);
  }

  get attempt(): number {
    return this.failures + 1;
  }

  get isRedelivered(): boolean {
    return this.raw.fields.redelivered;
  }

  get sentAt(): Date | undefined {
    const { timestamp, messageId } = this.raw.properties;
    return typeof timestamp === "number" ? new Date(timestamp * 1000) : timeOfId(String(messageId));
  }

  get key(): string | undefined {
    return textHeader(this.headers, headerNames.key);
  }

  get tx(): string {
    return this.trace.tx;
  }

  get traceparent(): string | undefined {
    return this.trace.traceparent;
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    return this.controller.signal;
  }

  /** How long until it is due, in milliseconds: 0 for most. */
  get earlyMs(): number {
    if (this.headers === noHeaders) return 0;
    return Math.max(0, (numberHeader(this.headers, headerNames.due) ?? 0) - Date.now());
  }

  get isTooLate(): boolean {
    if (this.headers === noHeaders) return false;
    const beginBy = numberHeader(this.headers, headerNames.beginBy) ?? Number.POSITIVE_INFINITY;
    const finishBy = numberHeader(this.headers, headerNames.finishBy) ?? Number.POSITIVE_INFINITY;
    return Date.now() > Math.min(beginBy, finishBy);
  }

  /** Another attempt begins, with its own time and signal. */
  begin(): void {
    this.deadline = undefined;
    this.controller = undefined;
    this.onExpiry = undefined;
  }

  /** Calls back when the time of the attempt is up. */
  whenExpired(listener: (error: VastifyError) => void): void {
    this.onExpiry = listener;
  }

  expire(): void {
    const error = new VastifyError(
      "deadline_exceeded",
      `the handler of ${this.queue} took longer than ${Math.round(this.timeoutMs)} ms`,
      { reason: "deadline_exceeded" },
    );
    this.controller?.abort(error);
    this.onExpiry?.(error);
  }

  private get trace(): ReturnType<typeof traceOf> {
    this.traced ??= traceOf(this.headers, this.id);
    return this.traced;
  }
}
