import type { Readable } from "node:stream";
import type { WebSocket } from "ws";
import { MessageSplitter } from "../../contracts/index.js";
import { VastifyError } from "../../core/index.js";
import { pipeThrough } from "../replies/pipe-through.js";
import type { ClientMessages } from "./client-messages.js";
import { type Closing, closingOf, isGoodbye, normal } from "./close-codes.js";
import { highWater } from "./heartbeat.js";

export interface CarriedMessages {
  /** The client's. */
  readonly inbound: ClientMessages;
  /** The action's, each with its length. */
  readonly outbound: Readable;
  /** The largest message, in bytes. */
  readonly maxBytes: number;
  /** Whether the action's messages are bytes rather than text. */
  readonly isBinary: boolean;
  /** Called for each message that was sent. */
  onSent(): void;
}

/** How long an action may go on with what its client said before it closed the socket, in milliseconds. */
const lingerMs = 5_000;

/**
 * Carries messages until either side is done.
 * @returns how the socket was closed
 */
export async function carryMessages(socket: WebSocket, carried: CarriedMessages): Promise<Closing> {
  const { inbound, outbound } = carried;
  const closed = whenClosed(socket, carried);
  const end = await sendAll(socket, carried).then(
    () => normal,
    (error) => closingOf(error),
  );
  inbound.destroy();
  outbound.destroy();
  socket.close(end.code, end.why);
  return closed;
}

async function sendAll(socket: WebSocket, { outbound, maxBytes, isBinary, onSent }: CarriedMessages): Promise<void> {
  for await (const message of pipeThrough(outbound, new MessageSplitter(maxBytes))) {
    if (VastifyError.is(message)) throw message;
    const isBehind = socket.bufferedAmount > highWater;
    const flushed = new Promise<void>((resolve) => socket.send(message, { binary: isBinary }, () => resolve()));
    // A client that reads slowly slows its action down.
    if (isBehind) await flushed;
    onSent();
  }
}

/** Tells the action that its client is gone, and how. */
function whenClosed(socket: WebSocket, { inbound, outbound }: CarriedMessages): Promise<Closing> {
  const breakOff = () => {
    inbound.destroy(new VastifyError("canceled", "the client is gone"));
    outbound.destroy();
  };
  // What it sent can't be read: it is told so, and whatever else it says counts for nothing.
  socket.on("error", breakOff);
  return new Promise((resolve) => {
    socket.once("close", (code, reason) => {
      resolve({ code, why: reason.toString() });
      if (!isGoodbye(code) || inbound.destroyed) return breakOff();
      // All that it said counts; nobody reads the answers.
      inbound.push(null);
      const timer = setTimeout(() => outbound.destroy(), lingerMs).unref();
      outbound.once("close", () => clearTimeout(timer));
    });
  });
}
