import { types } from "node:util";
import { Call, letGo } from "../core/index.js";
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
      if (isPromise(returned)) {
        returned.then(
          (result) => {
            if (result !== undefined || isLast) reply(undefined, result);
          },
          (error) => reply(asError(error)),
        );
      } else if (isLast) reply(undefined, returned);
    } else if (isPromise(returned)) returned.then(undefined, (error) => reply(asError(error)));
  } catch (error) {
    reply(asError(error));
  }
}

/** An author's handler as one that Seneca itself runs right; `enter` tells its `this` which call it is in. */
export function adaptHandler(
  authored: AuthoredHandler,
  enter: (self: Seneca, message: { call$?: unknown }) => void,
): SenecaAction {
  const { handler } = authored;
  const adapted = function (this: Seneca, message: { call$?: unknown }, reply: SenecaReply, meta?: unknown): void {
    const { call$: call } = message;
    enter(this, message);
    const answer = replyOnce((first, result) => {
      // Seneca gives up soon after us, and drops what comes then.
      if (call instanceof Call && call.outcome === "failed") letGo(resultIn(first, result));
      reply(first, result);
    });
    runHandler(authored, this, message, answer, meta);
  };
  // What authors note on a handler, even after adding it (`validate`), is read through this.
  Object.setPrototypeOf(adapted, handler);
  return Object.defineProperty(adapted, "name", { value: handler.name });
}

/** Only a handler's first reply counts. */
export function replyOnce(reply: SenecaReply): SenecaReply {
  let replied = false;
  return (error, result) => {
    if (replied) return;
    replied = true;
    reply(error, result);
  };
}

/** The error in a reply: as in Seneca, in either place. */
export function errorIn(first: unknown, result: unknown): Error | undefined {
  const given = first || result;
  return given instanceof Error ? given : undefined;
}

/** The result in a reply without error: as in Seneca, a first argument that is no error is the result. */
export function resultIn(first: unknown, result: unknown): unknown {
  return first || (result ?? null);
}

/** A reply's first argument is taken for an error only when it is one. */
function asError(thrown: unknown): Error {
  return types.isNativeError(thrown) || thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** Also another library's promise, or a query that runs when it is awaited. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return value instanceof Promise || typeof (value as { then?: unknown }).then === "function";
}
