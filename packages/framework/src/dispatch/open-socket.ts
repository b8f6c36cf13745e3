import { pipeline, type Readable } from "node:stream";
import { MessageSplitter } from "../contracts/index.js";
import { VastifyError } from "../core/index.js";

/** A client's messages as they come, and whether it is still there. */
export class OpenSocket {
  private readonly inbound: Readable;
  private readonly splitter: MessageSplitter;
  private readonly gone = new AbortController();

  constructor(inbound: Readable, maxBytes: number) {
    this.inbound = inbound;
    this.splitter = new MessageSplitter(maxBytes);
    // Whoever reads sees the error; messages that nobody reads must not end the process.
    this.splitter.on("error", () => {});
    // From now on, since a stream that nobody has begun to read when its call is answered is let go.
    pipeline(inbound, this.splitter, (error) => {
      if (error) this.gone.abort(goneBy(error));
    });
    this.splitter.once("finish", () => this.noteTaken());
  }

  /** Aborts when the client is gone: after its last message was taken, or at once when it broke off. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** @throws VastifyError `canceled` when the client broke off, `invalid_argument` for what are no messages */
  async *messages(): AsyncGenerator<Buffer> {
    try {
      for await (const message of this.splitter) {
        this.noteTaken();
        if (VastifyError.is(message)) throw message;
        yield message as Buffer;
      }
    } catch (thrown) {
      throw goneBy(thrown);
    }
  }

  /** Lets the client's messages go; whoever waits for one waits no longer. Safe to call twice. */
  close(reason: VastifyError): void {
    this.gone.abort(reason);
    this.splitter.destroy(reason);
    this.inbound.destroy();
  }

  private noteTaken(): void {
    if (this.splitter.writableFinished && this.splitter.readableLength === 0)
      this.gone.abort(new VastifyError("canceled", "the client closed the socket"));
  }
}

function goneBy(thrown: unknown): VastifyError {
  if (VastifyError.is(thrown)) return thrown;
  return new VastifyError("canceled", "the client is gone", { cause: thrown });
}
