import { type Call, type Identity, isTraceId, type Message, type VastifyError } from "../core/index.js";

/** A call that a peer sent us. */
export interface InboundCall {
  readonly message: Message;
  /** The caller's trace id, when it sent one. */
  readonly tx: string | undefined;
  /** How long the caller still waits, in milliseconds, when it said so. */
  readonly timeoutMs: number | undefined;
  /** How many processes the chain of calls has crossed before us. */
  readonly hops: number;
  /** Who it is made for, when the caller said so and it could be checked. */
  readonly identity: Identity | undefined;
}

/**
 * Answers a peer's call by a call of our own, which has its outcome at once or later, and is canceled when the peer
 * hangs up. What it throws goes back as a wire error.
 */
export type InboundHandler = (inbound: InboundCall) => Call;

/** One try of a call at one peer. Exactly one of its methods is called, once. */
export interface Outgoing {
  readonly call: Call;
  /** The peer's result. */
  answered(result: unknown): void;
  /** This try failed; whether the call fails with it is the sender's to say. */
  failed(error: VastifyError): void;
  /** The call was given up before there was an answer. */
  abandoned(): void;
}

/** The way to one peer. */
export interface Line {
  /**
   * Sends a call. What comes of it is told to `outgoing`: the result, or the error that the peer
   * answered with, or `unavailable` with reason `peer_unreachable` when nothing was sent and `peer_lost` when the
   * connection broke after sending, so that nobody knows whether the action ran.
   */
  send(outgoing: Outgoing): void;
}

/** A call that is tried once: what comes of it is the call's own outcome. */
export function triedOnce(call: Call): Outgoing {
  return {
    call,
    answered: (result) => call.succeed(result),
    failed: (error) => call.fail(error),
    abandoned() {},
  };
}

/** Where a peer answers calls. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** What it speaks besides Seneca's HTTP protocol. */
  readonly protocols: readonly string[];
  /** Where it takes calls through a broker too; with port 0 only there. */
  readonly queue?: string | undefined;
}

/** The trace id that a peer gave, if it is one that can travel. */
export function traceOf(tx: unknown): string | undefined {
  return isTraceId(tx) ? tx : undefined;
}

/** How our own protocol is named in the notes of those that speak it. */
export const ownProtocol = "vastify/1";
export const ownProtocolOverTls = "vastify/1+tls";

/** Headers by which our own processes tell each other what Seneca's HTTP protocol can't. */
export const headers = {
  timeoutMs: "vastify-timeout-ms",
  hops: "vastify-hops",
  tx: "vastify-tx",
  identity: "vastify-identity",
} as const;
