import { subscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";

/**
 * Counts what goes through every TCP socket opened or accepted from now on, whoever opens it. Sockets pay nothing for
 * it while they carry data.
 * @returns {() => number} the bytes so far, both directions
 */
export function countSocketBytes() {
  /** @type {Set<Socket>} */
  const open = new Set();
  let closed = 0;
  const add = (socket) => {
    if (open.has(socket)) return;
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      closed += bytesOf(socket);
    });
  };
  subscribe("net.server.socket", ({ socket }) => add(socket));
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (...args) {
    add(this);
    return connect.apply(this, args);
  };
  return () => [...open].reduce((sum, socket) => sum + bytesOf(socket), closed);
}

function bytesOf(socket) {
  return (socket.bytesRead ?? 0) + (socket.bytesWritten ?? 0);
}
