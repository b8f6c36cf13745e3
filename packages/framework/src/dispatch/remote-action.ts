import {
  type Addressee,
  addresseeOf,
  Call,
  type CallOptions,
  isTraceId,
  type Message,
  VastifyError,
} from "../core/index.js";
import type { Seneca, SenecaAction, SenecaCallback } from "./seneca-types.js";

/** Sends a call to another process. Routing gives it. */
export interface RemoteCaller {
  /** Whether this very process is what the addressee asks for. */
  isHere(addressee: Addressee): boolean;
  /** Sends the call, and gives it its outcome. */
  send(addressee: Addressee, call: Call): void;
}

export interface RemoteActionOptions {
  /** Makes a call with the deadline that the message's sender wants. */
  newCall(message: Message, options: Partial<CallOptions>): Call;
  /** Sends the call where it belongs, and gives its outcome. */
  send(addressee: Addressee, call: Call): Promise<unknown>;
}

/**
 * Adds one action for every target: it sends each message to an instance of its target, chosen when it is sent.
 *
 * It is what `seneca.client()` would add, without its handshake: a plain Seneca runs calls that were queued while a
 * plugin loads before that handshake, and never answers them.
 */
export function installRemoteAction(seneca: Seneca, { newCall, send }: RemoteActionOptions): void {
  type Meta = { tx?: string; timeout?: number };
  const action = function (this: Seneca, message: Message, reply: SenecaCallback, meta: Meta = {}): void {
    const { call$ } = message;
    const whole = withoutDirectives(message);
    const parent = call$ instanceof Call ? call$ : undefined;
    const run = async (): Promise<unknown> => {
      const addressee = addresseeOf(whole);
      if (!addressee)
        throw new VastifyError("invalid_argument", "the message names no $$target", { reason: "bad_target" });
      const timeout = meta.timeout === undefined ? {} : { timeoutMs: meta.timeout };
      return send(
        addressee,
        newCall(whole, { parent, tx: parent?.tx ?? (isTraceId(meta.tx) ? meta.tx : undefined), ...timeout }),
      );
    };
    run().then(
      (result) => reply.call(this, null, result),
      (error) => reply.call(this, error, undefined),
    );
  };
  seneca.add({ $$target: "*", client$: true, strict$: { add: true } }, action as SenecaAction);
}

/** What steers Seneca here is not the peer's business. */
function withoutDirectives(message: Message): Message {
  return Object.fromEntries(Object.entries(message).filter(([key]) => !key.endsWith("$")));
}
