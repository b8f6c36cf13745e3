import { isDeeperThan, type Logger, letGo, type Message, outcomeOf, parseSafely, VastifyError } from "../core/index.js";
import { detach } from "./attachments.js";
import type { CallCarrier, Carried, CarriedRequests } from "./call-carrier.js";
import { withoutDirectives } from "./clean-message.js";
import type { InboundCall, InboundHandler } from "./inbound.js";
import { type ResolvedTransportLimits, timeoutOf } from "./limits.js";
import { logFailure } from "./log-failure.js";
import { failureOfAction, instanceLeaving, wireErrorOf } from "./peer-errors.js";
import { createIdentityCheck, type IdentityCheck, type IdentityCheckOptions } from "./signed-identity.js";

export interface QueueServerOptions {
  readonly carrier: CallCarrier;
  /** Of this process alone. */
  readonly queue: string;
  readonly handle: InboundHandler;
  readonly limits: ResolvedTransportLimits;
  /** What signs who a call is made for. @default nobody's word is taken for it */
  readonly identities?: Pick<IdentityCheckOptions, "target" | "keys"> | undefined;
  readonly log: Logger;
}

export interface QueueServer {
  /** Resolves once calls are answered. */
  listen(): Promise<void>;
  /** From now on new calls are refused with `unavailable`, reason `draining`: they were not carried out. */
  refuse(): void;
  /** Waits for calls in flight, as long as the carrier does. Safe to call twice. */
  close(): Promise<void>;
}

/** The longest time that RabbitMQ waits for an acknowledgement is half an hour; no call takes longer. */
const longestMs = 1_500_000;
const mostPrefetched = 65_535;

/** Answers calls that come through a queue of this process's own. */
export function createQueueServer(options: QueueServerOptions): QueueServer {
  const { carrier, queue, handle, limits, log } = options;
  const identityOf = createIdentityCheck(options.identities);
  let isRefusing = false;
  let served: ReturnType<CarriedRequests["serve"]> | undefined;

  /** What went wrong stands in the answer: an error of the carrier's own would say that of it. */
  async function answer(request: unknown, { tx }: Carried): Promise<object> {
    try {
      if (isRefusing) throw instanceLeaving();
      const call = handle(readRequest(request, tx, limits, identityOf));
      const result = await outcomeOf(call).catch((thrown: unknown) => Promise.reject(failureOfAction(thrown)));
      if (detach(result).attachments) {
        letGo(result);
        throw noAttachments();
      }
      return { result };
    } catch (thrown) {
      const error = VastifyError.from(thrown);
      logFailure(log, error, tx);
      return { error: wireErrorOf(error, tx) };
    }
  }

  return {
    listen() {
      const prefetch = Math.min(limits.maxCalls, mostPrefetched);
      served = carrier.rpc(queue).serve(answer, { prefetch, timeoutMs: longestMs, isAlone: true });
      return served.ready;
    },
    refuse() {
      isRefusing = true;
    },
    async close() {
      isRefusing = true;
      await served?.stop();
    },
  };
}

/** @throws VastifyError `invalid_argument`, reason `bad_body`; `unauthenticated`, reason `bad_identity` */
function readRequest(
  request: unknown,
  tx: string,
  limits: ResolvedTransportLimits,
  identityOf: IdentityCheck,
): InboundCall {
  const { message: json, timeoutMs, hops, identity } = Object(request) as Record<string, unknown>;
  if (typeof json !== "string" || Buffer.byteLength(json) > limits.maxBytes || isDeeperThan(json, limits.maxDepth))
    throw badBody("it holds no message within the limits");
  const message = parse(json);
  if (typeof message !== "object" || message === null || Array.isArray(message)) throw badBody("it is no message");
  return {
    message: withoutDirectives(message as Message),
    tx,
    timeoutMs: timeoutOf(timeoutMs, limits),
    hops: typeof hops === "number" && Number.isSafeInteger(hops) && hops >= 0 ? hops : 1,
    identity: identityOf(identity, tx),
  };
}

function parse(json: string): unknown {
  try {
    return parseSafely(json);
  } catch {
    throw badBody("it is no JSON");
  }
}

function badBody(why: string): VastifyError {
  return new VastifyError("invalid_argument", `the request can't be read: ${why}`, { reason: "bad_body" });
}

export function noAttachments(): VastifyError {
  const text = "a queue carries neither bytes nor streams; call over the microservice port";
  return new VastifyError("invalid_argument", text, { reason: "no_attachments" });
}
