import type { Readable } from "node:stream";
import {
  type Implementation,
  type SocketContext,
  type SocketRules,
  socketOf,
  withFailure,
} from "../contracts/index.js";
import { type Message, Releasable, VastifyError } from "../core/index.js";
import type { RunAction } from "./action-caching.js";
import { type ActionContextOptions, SenecaContext } from "./action-context.js";
import type { ActionSelf } from "./action-self.js";
import { OpenSocket } from "./open-socket.js";
import type { Seneca } from "./seneca-types.js";
import { SentMessages } from "./sent-messages.js";
import { readMessages, writeMessages } from "./socket-messages.js";

export interface HostSocketOptions {
  /** The action, as errors and the log name it. */
  readonly of: string;
  readonly rules: Required<SocketRules>;
  readonly context: ActionContextOptions;
}

/**
 * Runs an action that talks over a socket. Its message brings the client's messages as a stream, and its result is the
 * stream of what it says itself. The call is answered as soon as there is one; what it began goes on until that stream
 * ends, or whoever reads it wants no more.
 */
export function hostSocket(
  handle: Implementation["handlers"][string],
  { of, rules, context }: HostSocketOptions,
): RunAction {
  return async (self, message, input): Promise<Readable> => {
    const { call$: call } = self as ActionSelf;
    const socket = new OpenSocket(socketOf(message), rules.maxBytes);
    const giveUp = () => socket.close(VastifyError.from(call.signal.reason));
    call.signal.addEventListener("abort", giveUp, { once: true });
    const received = readMessages(socket.messages(), rules.receives, of);
    const talk = new SocketCallContext(self, message, context, { received, signal: socket.signal });
    const given = await begin(input, talk).catch((error) => {
      socket.close(VastifyError.from(error));
      throw error;
    });
    call.signal.removeEventListener("abort", giveUp);
    const said = new Releasable(given);
    const sent = new SentMessages(tellFailure(writeMessages(said, rules, of), call.tx), () => {
      call.end(new VastifyError("canceled", "the client is gone"));
      void said.return();
    });
    call.last((reason) => {
      socket.close(reason);
      sent.destroy(reason);
    });
    // Its caller gave up while the socket was being opened, so nobody will read it.
    if (call.outcome !== "open") sent.destroy();
    return sent;
  };

  async function begin(input: unknown, talk: SocketContext): Promise<AsyncIterable<unknown>> {
    const given = await handle(input, talk);
    if (isAsyncIterable(given)) return given;
    throw noMessages(of);
  }

  /** Its call was answered long ago, so nobody else would. */
  async function* tellFailure(messages: AsyncGenerator<Buffer>, tx: string): AsyncGenerator<Buffer> {
    try {
      yield* messages;
    } catch (err) {
      if (VastifyError.from(err).code === "internal") context.log.error(`${of} failed while it talked`, { err, tx });
      yield withFailure(err);
    }
  }
}

/** The context of an action that talks over a socket. */
class SocketCallContext extends SenecaContext implements SocketContext {
  readonly received: SocketContext["received"];
  private readonly socketSignal: AbortSignal;

  constructor(
    self: Seneca,
    message: Message,
    options: ActionContextOptions,
    { received, signal }: Pick<SocketContext, "received" | "signal">,
  ) {
    super(self, message, options);
    this.received = received;
    this.socketSignal = signal;
  }

  override get signal(): AbortSignal {
    return this.socketSignal;
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function noMessages(of: string): VastifyError {
  const text = `${of} gave no messages: an action with a socket gives an async iterable`;
  return new VastifyError("internal", text, { reason: "bad_output" });
}
