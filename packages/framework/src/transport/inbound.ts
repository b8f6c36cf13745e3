import type { Message } from "../core/index.js";

/** A call that a peer sent us. */
export interface InboundCall {
  readonly message: Message;
  /** The caller's trace id, when it sent one. */
  readonly tx: string | undefined;
  /** How long the caller still waits, in milliseconds, when it said so. */
  readonly timeoutMs: number | undefined;
  /** How many processes the chain of calls has crossed before us. */
  readonly hops: number;
  /** Aborts when the caller hangs up. */
  readonly signal: AbortSignal;
}

/** Answers a peer's call. What it throws goes back as a wire error. */
export type InboundHandler = (call: InboundCall) => Promise<unknown>;

/** Where a peer answers calls. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Headers by which our own processes tell each other what Seneca's HTTP protocol can't. */
export const headers = { timeoutMs: "vastify-timeout-ms", hops: "vastify-hops", tx: "vastify-tx" } as const;
