import { Readable } from "node:stream";
import { isPoisonous, VastifyError } from "../core/index.js";
import { badFrame } from "./frames.js";
import type { StreamHub } from "./stream-hub.js";

/** What a message or result carries beside its JSON: raw bytes, or a stream of them. */
export type Attachment = Uint8Array | Readable;

/** The key of a result that is itself an attachment. */
const wholeResult = "";

/** A value without its attachments, and those by key. */
export interface Detached {
  readonly json: unknown;
  readonly attachments: readonly (readonly [key: string, attachment: Attachment])[] | undefined;
}

function isAttachment(value: unknown): value is Attachment {
  return value instanceof Uint8Array || value instanceof Readable;
}

/** Takes attachments off a message or result: they may be its own top-level members, or the result itself. */
export function detach(value: unknown): Detached {
  if (typeof value !== "object" || value === null) return { json: value, attachments: undefined };
  if (isAttachment(value)) return { json: null, attachments: [[wholeResult, value]] };
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === "object" && isAttachment(member)) return detachMembers(value);
  }
  return { json: value, attachments: undefined };
}

function detachMembers(value: object): Detached {
  const found = Object.entries(value).filter((entry): entry is [string, Attachment] => isAttachment(entry[1]));
  const streams = found.filter(([, one]) => one instanceof Readable);
  if (new Set(streams.map(([, stream]) => stream)).size < streams.length) {
    const keys = streams.map(([key]) => key).join(", ");
    throw new VastifyError("invalid_argument", `a stream can be read only once, and there is one twice among ${keys}`, {
      reason: "bad_body",
    });
  }
  return { json: { ...value, ...Object.fromEntries(found.map(([key]) => [key, null])) }, attachments: found };
}

/** How a frame announces an attachment. */
export type Announced =
  | { readonly key: string; readonly bytes: number }
  | { readonly key: string; readonly stream: number };

/** @throws VastifyError `invalid_argument`, reason `bad_frame` */
export function readAnnounced(value: unknown, maxBytes: number): readonly Announced[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > 64) throw badFrame("its attachments are no list of at most 64");
  let total = 0;
  return value.map((entry: unknown) => {
    const [key, kind, number] = Array.isArray(entry) ? entry : [];
    if (typeof key !== "string" || !Number.isSafeInteger(number) || number < (kind === "stream" ? 1 : 0))
      throw badFrame("an attachment is malformed");
    if (kind === "stream") return { key, stream: number as number };
    if (kind !== "bytes") throw badFrame("an attachment is neither bytes nor a stream");
    total += number as number;
    if (total > maxBytes) {
      throw new VastifyError("resource_exhausted", `attached bytes may be ${maxBytes} in all; send a stream`, {
        reason: "body_too_large",
      });
    }
    return { key, bytes: number as number };
  });
}

/** How many bytes are attached as they are. */
export function bytesIn(attachments: NonNullable<Detached["attachments"]>): number {
  return attachments.reduce((sum, [, one]) => sum + (one instanceof Uint8Array ? one.length : 0), 0);
}

/** Whether a value is itself an attachment, rather than one that has some. */
export function isWholeAttachment(announced: readonly Announced[]): boolean {
  return announced.some(({ key }) => key === wholeResult);
}

/** How many raw bytes follow a frame with these attachments. */
export function rawBytesOf(announced: readonly Announced[]): number {
  return announced.reduce((sum, one) => sum + ("bytes" in one ? one.bytes : 0), 0);
}

/** Puts attachments back where they were taken off. */
export function attach(
  json: unknown,
  announced: readonly Announced[],
  raw: Buffer,
  streamOf: (id: number) => Readable,
): unknown {
  let value = json;
  let at = 0;
  for (const one of announced) {
    let attachment: Attachment;
    if ("bytes" in one) {
      attachment = raw.subarray(at, at + one.bytes);
      at += one.bytes;
    } else attachment = streamOf(one.stream);
    if (one.key === wholeResult) value = attachment;
    else if (typeof value === "object" && value !== null && !isPoisonous(one.key))
      (value as Record<string, unknown>)[one.key] = attachment;
  }
  return value;
}

/** Gathers the raw bytes that follow a frame. */
export class RawBytes {
  private parts: Buffer[] = [];
  private left = 0;
  private done: ((raw: Buffer) => void) | undefined = undefined;

  /** @returns how many bytes it waits for; with none, `done` has been called */
  expect(bytes: number, done: (raw: Buffer) => void): number {
    if (bytes === 0) done(nothing);
    else {
      this.left = bytes;
      this.done = done;
    }
    return bytes;
  }

  /** @returns whether the bytes were waited for */
  take(bytes: Buffer): boolean {
    if (this.done === undefined) return false;
    this.parts.push(bytes);
    this.left -= bytes.length;
    if (this.left > 0) return true;
    const { done, parts } = this;
    this.done = undefined;
    this.parts = [];
    done(Buffer.concat(parts));
    return true;
  }
}

const nothing = Buffer.alloc(0);

/** What a frame with attachments says of them, the bytes that follow it, and their streams, which begin to flow. */
export function announce(
  attachments: Detached["attachments"],
  hub: StreamHub,
): { attached: string; bytes: Uint8Array[] } {
  if (!attachments) return { attached: "", bytes: [] };
  const bytes: Uint8Array[] = [];
  const list = attachments.map(([key, attachment]) => {
    if (!(attachment instanceof Uint8Array)) return [key, "stream", hub.send(attachment)];
    bytes.push(attachment);
    return [key, "bytes", attachment.length];
  });
  return { attached: `,${JSON.stringify(list)}`, bytes };
}
