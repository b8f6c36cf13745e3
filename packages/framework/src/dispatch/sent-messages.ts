import { Readable } from "node:stream";

/**
 * What an action says on its socket, as a stream: the next message is asked for when there is room for it. Unlike the
 * stream of `Readable.from` it is over at once when its reader lets it go, though the action may still wait for something.
 */
export class SentMessages extends Readable {
  private readonly messages: AsyncGenerator<Buffer>;
  private readonly onOver: () => void;

  constructor(messages: AsyncGenerator<Buffer>, onOver: () => void) {
    super();
    this.messages = messages;
    this.onOver = onOver;
    // Whoever reads it sees the error; one that nobody reads must not end the process.
    this.on("error", () => {});
    // Begun at once: an action that was never begun is told nothing when its client goes.
    this.read(0);
  }

  override _read(): void {
    this.messages.next().then(
      ({ done, value }) => this.push(done ? null : value),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.onOver();
    this.messages.return(undefined).catch(() => {});
    done(error);
  }
}
