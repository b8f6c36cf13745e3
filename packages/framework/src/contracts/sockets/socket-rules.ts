import type { Readable } from "node:stream";
import { badOption, type Message, VastifyError } from "../../core/index.js";
import { type InputOf, isSchema, type OutputOf, type Schema } from "../schema.js";

/** What the messages of one side are: JSON as a schema says, or text or bytes as they come. */
export type MessageShape = Schema | "text" | "bytes";

/** How an action talks with a client over a WebSocket. */
export interface SocketRules<Receives extends MessageShape = MessageShape, Sends extends MessageShape = MessageShape> {
  /** What the client's messages are. */
  readonly receives: Receives;
  /** What the action's messages are. */
  readonly sends: Sends;
  /** The largest message of either side, in bytes. @default 65_536 */
  readonly maxBytes?: number;
}

/** The rules of a socket, complete. */
export type ResolvedSocket<Rules> = Rules extends SocketRules ? Rules & { readonly maxBytes: number } : undefined;

/** What an action gets of a client's messages. */
export type ReceivedOf<Rules extends SocketRules> = Rules["receives"] extends Schema
  ? OutputOf<Rules["receives"]>
  : RawOf<Rules["receives"]>;

/** What an action may send to a client. */
export type SentOf<Rules extends SocketRules> = Rules["sends"] extends Schema
  ? InputOf<Rules["sends"]>
  : RawOf<Rules["sends"]>;

type RawOf<Shape> = Shape extends "bytes" ? Uint8Array : string;

/** What a message is to those who only carry it. */
export type MessageKind = "json" | "text" | "bytes";

const usualMaxBytes = 65_536;

export function kindOf(shape: MessageShape): MessageKind {
  return typeof shape === "string" ? shape : "json";
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveSocket(where: string, rules: SocketRules): Required<SocketRules> {
  const { receives, sends, maxBytes = usualMaxBytes } = rules;
  for (const [side, shape] of Object.entries({ receives, sends }))
    if (shape !== "text" && shape !== "bytes" && !isSchema(shape))
      throw badOption(`${where}.${side}`, shape, 'a schema, "text" or "bytes"');
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw badOption(`${where}.maxBytes`, maxBytes, "a number of bytes above 0");
  return { receives, sends, maxBytes };
}

/**
 * The client's messages, as they stand in the message that opens a socket: a stream for `messagesIn`.
 * @throws VastifyError `invalid_argument`, reason `bad_message`, when there is none
 */
export function socketOf({ socket }: Message): Readable {
  if (typeof socket === "object" && socket !== null && "pipe" in socket && "destroy" in socket)
    return socket as Readable;
  throw new VastifyError("invalid_argument", "the action talks over a socket, and the message brings none", {
    reason: "bad_message",
  });
}
