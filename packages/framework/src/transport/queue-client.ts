import { type Call, VastifyError } from "../core/index.js";
import type { CallCarrier } from "./call-carrier.js";
import type { Outgoing } from "./inbound.js";
import { peerErrorOf } from "./peer-errors.js";
import type { IdentitySeal } from "./signed-identity.js";

export interface QueueClient {
  /** @param json the message */
  send(queue: string, json: string, outgoing: Outgoing): void;
}

/** With these nothing has reached the peer. */
const neverSent: ReadonlySet<string | undefined> = new Set(["unroutable", "broker_unreachable"]);

/** Calls peers through their queues. A call that is given up is carried out all the same, until its deadline. */
export function createQueueClient(carrier: CallCarrier, seal: IdentitySeal | undefined): QueueClient {
  return {
    send(queue, json, outgoing) {
      const { call } = outgoing;
      let isGivenUp = false;
      call.onAbort = () => {
        isGivenUp = true;
        outgoing.abandoned();
      };
      ask(queue, json, call).then(
        (result) => isGivenUp || outgoing.answered(result),
        (error) => isGivenUp || outgoing.failed(VastifyError.from(error)),
      );
    },
  };

  async function ask(queue: string, json: string, call: Call): Promise<unknown> {
    const { remainingMs, hops, idempotent, tx } = call;
    const timeoutMs = Math.max(1, Math.ceil(remainingMs));
    const identity = call.identity && seal?.(call.identity, { target: String(call.message.$$target), tx });
    const request = { message: json, timeoutMs, hops: hops + 1, identity };
    const answer = await carrier.rpc(queue).call(request, { timeoutMs, idempotent, tx }).catch(asOfPeer(queue));
    const { result, error } = Object(answer) as { result?: unknown; error?: unknown };
    if (error !== undefined) throw peerErrorOf(error, `the peer behind ${queue}`);
    return result ?? null;
  }
}

/** Only what says that nothing was sent may let the call be tried elsewhere. */
function asOfPeer(queue: string) {
  return (thrown: unknown): never => {
    const error = VastifyError.from(thrown);
    if (!neverSent.has(error.reason)) throw error;
    const message = `the peer behind ${queue} can't be reached: ${error.message}`;
    throw new VastifyError("unavailable", message, { reason: "peer_unreachable", cause: thrown });
  };
}
