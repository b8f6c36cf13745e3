import type { Socket } from "node:net";
import type { BusyPoll } from "./busy-poll.js";

/** So many characters are written at once: the peer works on them while this side makes the next. */
const enough = 6_144;

/** For so many turns all wait for the end of theirs, once some came after the first was written. */
const turnsToWait = 16;

/**
 * Gathers what is written within one turn of the event loop into few writes. While the peer does not read, it keeps
 * what is written and writes nothing.
 */
export class GatheredWriter {
  private readonly socket: Socket;
  private readonly poll: BusyPoll | undefined;
  /** What raw bytes came after, in order. */
  private earlier: (string | Uint8Array)[] = [];
  private earlierSize = 0;
  private text = "";
  /** How many frames the text holds. */
  private frames = 0;
  private scheduled = false;
  /** There was something to write in this turn already. */
  private inTurn = false;
  /** It was written at once. */
  private wasEarly = false;
  private waitTurns = 0;
  private blocked = false;
  private waiters: (() => void)[] = [];

  /** @param poll is told of frames that go out alone: where calls come in numbers, nobody sleeps between them anyway */
  constructor(socket: Socket, poll?: BusyPoll) {
    this.socket = socket;
    this.poll = poll;
    socket.on("drain", () => {
      this.blocked = false;
      this.flush();
      if (this.blocked) return;
      for (const waiter of this.waiters.splice(0)) waiter();
    });
    socket.on("close", () => {
      for (const waiter of this.waiters.splice(0)) waiter();
    });
  }

  /** Characters and bytes that wait to be written, here and in the socket. */
  get waiting(): number {
    return this.text.length + this.earlierSize + this.socket.writableLength;
  }

  write(frame: string): void {
    this.text += frame;
    this.frames += 1;
    if (this.text.length < enough) this.schedule();
    else this.flush();
  }

  /** Writes a frame and the raw bytes that it announces. */
  writeWithBytes(frame: string, bytes: readonly Uint8Array[]): void {
    this.earlier.push(this.text + frame, ...bytes);
    this.earlierSize += this.text.length + frame.length;
    for (const one of bytes) this.earlierSize += one.length;
    this.text = "";
    this.frames = 0;
    this.schedule();
  }

  /** Resolves when the peer reads, or is gone. */
  async ready(): Promise<void> {
    if (!this.blocked || this.socket.destroyed) return;
    await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  /** Writes what is gathered at once, and resolves when the peer has read it, or is gone. */
  drained(): Promise<void> {
    this.flush();
    return this.ready();
  }

  /** Writes what is left, then closes the writing side. */
  end(): void {
    if (this.socket.destroyed) return;
    this.blocked = false;
    this.flush();
    this.socket.end();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    if (this.inTurn) return;
    this.inTurn = true;
    // The first goes out at once, so that the peer begins. Where more comes of other sockets' events in the same turn, as
    // in a gateway, all go out together at its end.
    this.wasEarly = this.waitTurns === 0;
    if (this.wasEarly) process.nextTick(this.flush);
    else this.waitTurns -= 1;
    setImmediate(this.endTurn);
  }

  private readonly endTurn = (): void => {
    this.inTurn = false;
    if (!this.scheduled) return;
    if (this.wasEarly) this.waitTurns = turnsToWait;
    this.flush();
  };

  private readonly flush = (): void => {
    this.scheduled = false;
    if (this.blocked || this.socket.writableEnded || this.socket.destroyed) return;
    if (this.earlierSize > 0) this.flushEarlier();
    if (this.text === "") return;
    const { text, frames } = this;
    this.text = "";
    this.frames = 0;
    this.put(text);
    if (frames === 1) this.poll?.expect();
  };

  private flushEarlier(): void {
    const { earlier } = this;
    this.earlier = [];
    this.earlierSize = 0;
    this.socket.cork();
    for (const part of earlier) this.put(part);
    this.socket.uncork();
  }

  private put(part: string | Uint8Array): void {
    if (typeof part !== "string") this.blocked = !this.socket.write(part);
    // As many bytes as characters: ASCII, which needs no encoding.
    else this.blocked = !this.socket.write(part, Buffer.byteLength(part) === part.length ? "latin1" : "utf8");
  }
}
