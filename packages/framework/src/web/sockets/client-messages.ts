import { Readable } from "node:stream";
import type { WebSocket } from "ws";
import { type MessageKind, withLength } from "../../contracts/index.js";
import { wrongKind } from "./close-codes.js";

/**
 * What a client says over its socket, as the stream that its action reads. While nobody reads it the client's
 * connection is not read either, so that the client must wait.
 */
export class ClientMessages extends Readable {
  private socket: WebSocket | undefined = undefined;

  constructor() {
    super();
    // Whoever reads it sees the error; one that nobody reads must not end the process.
    this.on("error", () => {});
  }

  /** From now on its messages are those of this socket. */
  follow(socket: WebSocket, kind: MessageKind): void {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      // The action wants no more of them, and the client can't know.
      if (this.destroyed) return;
      if (isBinary !== (kind === "bytes")) socket.close(wrongKind.code, wrongKind.why);
      else if (!this.push(withLength(data))) socket.pause();
    });
  }

  override _read(): void {
    this.socket?.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // One that is not read does not see its client go.
    this.socket?.resume();
    done(error);
  }
}
