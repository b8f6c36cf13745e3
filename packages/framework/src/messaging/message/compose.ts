import type { Options } from "amqplib";
import { badOption, isTraceId, newTimedId, newTraceId, VastifyError } from "../../core/index.js";
import { type Headers, type HeaderValue, headerNames } from "./headers.js";

export interface PublishOptions {
  /** What duplicates are recognised by. @default a new one */
  id?: string;
  /** More headers; names that begin with `vastify-` are ours. @default {} */
  headers?: Headers;
  /** From 0, the lowest, to the queue's `priorities`. @default 0 */
  priority?: number;
  /** Nobody begins to handle it later, in milliseconds from when it is sent or, delayed, due. @default never too late */
  ttlMs?: number;
  /** Nobody handles it later: its handler's signal aborts then. Milliseconds from now. @default no deadline */
  deadlineMs?: number;
  /** The trace it belongs to. @default a new one, whose id is the message's */
  tx?: string;
  /** The same in W3C's form; it goes on as it is. @default made from `tx` */
  traceparent?: string;
  /** How long to wait for the broker to confirm it, in milliseconds. @default the broker's `publishTimeoutMs` */
  timeoutMs?: number;
}

export interface Composed {
  readonly content: Buffer;
  readonly properties: Options.Publish & { readonly messageId: string };
}

// What is longer would make the broker close the channel.
const longestExpirationMs = 4_294_967_295;
// All properties of a message go in one frame, which has 128 KiB by default: over it the broker ends the connection.
const mostHeaderBytes = 65_536;
const mostShortBytes = 255;

const json = "application/json";
const bytes = "application/octet-stream";

/**
 * A payload as bytes with the properties that travel with it.
 * @throws VastifyError `invalid_argument`, reason `bad_payload`, when it can't be written as JSON; or
 *   `resource_exhausted`, reason `payload_too_large`
 */
export function compose(
  payload: unknown,
  options: PublishOptions,
  maxBytes: number,
  ownHeaders?: Record<string, HeaderValue>,
): Composed {
  const { content, contentType } = bodyOf(payload, maxBytes);
  expectProperties(options);
  const messageId = options.id ?? newTimedId();
  const headers = headersOf(options, messageId, ownHeaders);
  return {
    content,
    properties: {
      messageId,
      persistent: true,
      contentType,
      // Ours tell their time, and the broker pays for each property of each message.
      ...(options.id !== undefined && { timestamp: Math.floor(Date.now() / 1000) }),
      ...(headers && { headers }),
      ...(options.priority !== undefined && { priority: options.priority }),
      // A delayed one must outlive its delay; its header tells the rest.
      ...(options.ttlMs !== undefined &&
        !isDelayed(ownHeaders) && { expiration: Math.min(Math.ceil(options.ttlMs), longestExpirationMs) }),
    },
  };
}

/** What a message holds, and how to read it. */
export interface Body {
  readonly content: Buffer;
  readonly contentType: string;
}

/** A payload as bytes. @throws VastifyError as `compose` */
export function bodyOf(payload: unknown, maxBytes: number): Body {
  const isBytes = payload instanceof Uint8Array;
  const content = isBytes ? Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength) : jsonOf(payload);
  if (content.length > maxBytes) {
    const hint = "publish a reference to it, or send it by a call, which carries streams";
    throw new VastifyError(
      "resource_exhausted",
      `a payload of ${content.length} bytes is over the limit of ${maxBytes} (maxPayloadBytes): ${hint}`,
      { reason: "payload_too_large" },
    );
  }
  return { content, contentType: isBytes ? bytes : json };
}

/** The payload of a message. @throws VastifyError `invalid_argument`, reason `bad_payload` */
export function readPayload(content: Buffer, contentType: unknown): unknown {
  if (contentType === bytes) return content;
  try {
    return JSON.parse(content.toString());
  } catch (cause) {
    throw new VastifyError("invalid_argument", "the payload is no JSON", { reason: "bad_payload", cause });
  }
}

function jsonOf(payload: unknown): Buffer {
  try {
    const text = JSON.stringify(payload);
    if (text !== undefined) return Buffer.from(text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new VastifyError("invalid_argument", `the payload can't be written as JSON: ${said}`, {
      reason: "bad_payload",
      cause,
    });
  }
  throw new VastifyError("invalid_argument", `${typeof payload} can't be written as JSON`, { reason: "bad_payload" });
}

function headersOf(
  { headers: given, ttlMs, deadlineMs, tx, traceparent }: PublishOptions,
  messageId: string,
  ownHeaders: Record<string, HeaderValue> | undefined,
): Record<string, HeaderValue> | undefined {
  // Most messages need none.
  let headers = ownHeaders;
  if (given) headers = { ...expectHeaders(given), ...headers };
  if (traceparent !== undefined || tx !== undefined)
    headers = { ...headers, ...traceHeaders(messageId, tx, traceparent) };
  if (ttlMs !== undefined) {
    const due = Number(headers?.[headerNames.due] ?? Date.now());
    headers = { ...headers, [headerNames.beginBy]: due + expectMs("ttlMs", ttlMs) };
  }
  if (deadlineMs !== undefined)
    headers = { ...headers, [headerNames.finishBy]: Date.now() + expectMs("deadlineMs", deadlineMs) };
  return headers;
}

/** What can't be sent would otherwise be found only on the wire, where it holds up all that follows. */
function expectProperties({ id, priority, timeoutMs }: PublishOptions): void {
  if (id !== undefined) expectShortText("id", id);
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 255))
    throw badOption("priority", priority, "a whole number from 0 to 255");
  if (timeoutMs !== undefined) expectMs("timeoutMs", timeoutMs);
}

function expectHeaders(given: Headers): Headers {
  if (typeof given !== "object") throw badOption("headers", given, "an object");
  let bytes = 0;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    expectShortText("a header's name", name);
    if (name.startsWith("vastify-"))
      throw badOption("a header's name", name, 'one that does not begin with "vastify-"');
    if (typeof value !== "string" && typeof value !== "boolean" && !Number.isFinite(value))
      throw badOption(`the header ${name}`, value, "a text, a finite number or a boolean");
    bytes += Buffer.byteLength(name) + Buffer.byteLength(String(value));
  }
  if (bytes > mostHeaderBytes)
    throw badOption("headers", `${bytes} bytes`, `at most ${mostHeaderBytes} bytes together`);
  return given;
}

/** AMQP's short texts. @throws VastifyError `invalid_argument`, reason `bad_option` */
export function expectShortText(name: string, value: unknown, isEmptyFine = false): void {
  const bytes = typeof value === "string" ? Buffer.byteLength(value) : undefined;
  if (bytes !== undefined && bytes <= mostShortBytes && (bytes > 0 || isEmptyFine)) return;
  const got = bytes !== undefined && bytes > mostShortBytes ? `${bytes} bytes` : value;
  throw badOption(name, got, `a text of ${isEmptyFine ? 0 : 1} to ${mostShortBytes} bytes`);
}

function isDelayed(headers: Headers | undefined): boolean {
  return headers?.[headerNames.due] !== undefined;
}

function expectMs(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  throw badOption(name, value, "a number of milliseconds above 0");
}

const w3cTraceId = /^[0-9a-f]{32}$/;
const w3cTraceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

function traceHeaders(messageId: string, tx: string | undefined, given: string | undefined): Record<string, string> {
  if (given !== undefined) {
    if (!w3cTraceparent.test(given)) throw badOption("traceparent", given, "of W3C Trace Context's form");
    return { [headerNames.traceparent]: given };
  }
  if (!isTraceId(tx)) throw badOption("tx", tx, "a trace id");
  if (!w3cTraceId.test(tx)) return { [headerNames.trace]: tx };
  const span = w3cTraceId.test(messageId) ? messageId.slice(0, 16) : newTraceId().slice(0, 16);
  return { [headerNames.traceparent]: `00-${tx}-${span}-01` };
}

/** The trace that a message belongs to. One without a word of it began its own, by its id. */
export function traceOf(headers: Headers, messageId: string): { tx: string; traceparent: string | undefined } {
  const traceparent = headers[headerNames.traceparent];
  const match = typeof traceparent === "string" ? w3cTraceparent.exec(traceparent) : null;
  if (match) return { tx: match[1] as string, traceparent: traceparent as string };
  const trace = headers[headerNames.trace];
  if (isTraceId(trace)) return { tx: trace, traceparent: undefined };
  return { tx: isTraceId(messageId) ? messageId : newTraceId(), traceparent: undefined };
}
