import type { Message } from "./message.js";

/** One message to one action, local or remote. */
export interface Call {
  readonly message: Message;
  /** The trace id, the same along the whole chain of calls. */
  readonly tx: string;
  /** When the caller stops waiting, in milliseconds of `performance.now()` in this process. */
  readonly deadline: number;
  /** Aborts at the deadline, or when the caller gives up. It bounds all tries together. */
  readonly signal: AbortSignal;
  /** Whether the action may be carried out twice without harm. */
  readonly idempotent: boolean;
  /** How many processes this chain of calls has crossed. */
  readonly hops: number;
}

export type CallFn = (call: Call) => Promise<unknown>;
export type CallMiddleware = (next: CallFn) => CallFn;

/** The first middleware is the outermost. */
export function composeCalls(middleware: readonly CallMiddleware[], innermost: CallFn): CallFn {
  return middleware.reduceRight((next, wrap) => wrap(next), innermost);
}
