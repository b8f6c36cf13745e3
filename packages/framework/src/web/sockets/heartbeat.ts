import type { WebSocket } from "ws";
import { idle } from "./close-codes.js";
import type { ResolvedSocketOptions } from "./socket-options.js";

/** Past so many bytes that a client has not read yet it gets no more, until it has. */
export const highWater = 65_536;

/**
 * Cuts off a client that neither answers nor goes on reading, and closes a socket that carries nothing.
 * @returns what is to be told of each message that was sent
 */
export function keepAlive(
  socket: WebSocket,
  { heartbeatMs, idleMs }: Pick<ResolvedSocketOptions, "heartbeatMs" | "idleMs">,
): { noteSent(): void } {
  let isHeard = true;
  let quietMs = 0;
  const noteHeard = () => {
    isHeard = true;
  };
  const noteMessage = () => {
    isHeard = true;
    quietMs = 0;
  };
  const beat = setInterval(() => {
    // What a client says while we don't read it we can't hear.
    if (!isHeard && !socket.isPaused) return socket.terminate();
    quietMs += heartbeatMs;
    if (quietMs > idleMs) return socket.close(idle.code, idle.why);
    isHeard = false;
    socket.ping();
  }, heartbeatMs).unref();
  socket.on("pong", noteHeard);
  socket.on("message", noteMessage);
  socket.on("ping", (data: Buffer) => {
    noteHeard();
    // Of many pings only the latest wants an answer, and one that does not read gets none.
    if (socket.bufferedAmount <= highWater) socket.pong(data);
  });
  socket.once("close", () => clearInterval(beat));
  return { noteSent: noteMessage };
}
