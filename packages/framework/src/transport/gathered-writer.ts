import type { Socket } from "node:net";

/**
 * Gathers what is written within one turn of the event loop into one write. While the peer does not read, it keeps
 * what is written and writes nothing.
 */
export class GatheredWriter {
  private readonly socket: Socket;
  private text = "";
  private scheduled = false;
  private blocked = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("drain", () => {
      this.blocked = false;
      if (this.text !== "") this.flush();
    });
  }

  /** Characters that wait to be written, here and in the socket. */
  get waiting(): number {
    return this.text.length + this.socket.writableLength;
  }

  write(frame: string): void {
    this.text += frame;
    if (this.scheduled) return;
    this.scheduled = true;
    process.nextTick(this.flush);
  }

  /** Writes what is left, then closes the writing side. */
  end(): void {
    if (this.socket.destroyed) return;
    this.socket.end(this.text);
    this.text = "";
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    if (this.blocked || this.text === "" || this.socket.writableEnded || this.socket.destroyed) return;
    const { text } = this;
    this.text = "";
    // As many bytes as characters: ASCII, which needs no encoding.
    const encoding = Buffer.byteLength(text) === text.length ? "latin1" : "utf8";
    this.blocked = !this.socket.write(text, encoding);
  };
}
