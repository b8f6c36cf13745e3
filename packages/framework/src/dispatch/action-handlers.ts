import { types } from "node:util";
import type { Call } from "../core/index.js";
import type { Seneca, SenecaAction, SenecaReply } from "./seneca-types.js";

/** An author's handler, and how it gives its result. */
export interface AuthoredHandler {
  readonly handler: SenecaAction;
  /** It returns its result or a promise of it; otherwise it replies by callback. */
  readonly returns: boolean;
}

const AsyncFunction = (async () => {}).constructor;

export function authoredHandler(handler: SenecaAction): AuthoredHandler {
  return { handler, returns: handler instanceof AsyncFunction || handler.length < 2 };
}

/**
 * Runs a handler and gives `reply` its outcome, once: what it replied, returned, threw or rejected with. Seneca alone
 * ignores what an async handler returns and lets its errors end the process.
 */
export function runHandler(
  { handler, returns }: AuthoredHandler,
  self: Seneca,
  message: unknown,
  reply: SenecaReply,
  meta?: unknown,
): void {
  try {
    const returned = handler.call(self, message, reply, meta);
    if (!returns && returned === undefined) return;
    if (returns) {
      // An async handler may still reply by its callback; then its own `undefined` says nothing.
      const isLast = handler.length < 2;
      if (returned instanceof Promise) {
        returned.then(
          (result) => {
            if (result !== undefined || isLast) reply(undefined, result);
          },
          (error) => reply(asError(error)),
        );
      } else if (isLast) reply(undefined, returned);
    } else if (returned instanceof Promise) returned.then(undefined, (error) => reply(asError(error)));
  } catch (error) {
    reply(asError(error));
  }
}

/** An author's handler as one that Seneca itself runs right, and that knows the call it is in. */
export function adaptHandler(authored: AuthoredHandler): SenecaAction {
  const adapted = function (this: Seneca, message: { call$?: Call }, reply: SenecaReply, meta?: unknown): void {
    const call = message.call$;
    if (call) {
      delete message.call$;
      // Calls made inside inherit the deadline, hops and signal of the call they are in.
      Object.assign(this.fixedargs, { call$: call });
      Object.defineProperty(this, "signal", { get: () => call.signal, configurable: true });
    }
    let replied = false;
    const once: SenecaReply = (error, result) => {
      if (replied) return;
      replied = true;
      reply(error, result);
    };
    runHandler(authored, this, message, once, meta);
  };
  return Object.assign(adapted, authored.handler);
}

/** A reply's first argument is taken for an error only when it is one. */
function asError(thrown: unknown): Error {
  return types.isNativeError(thrown) || thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
