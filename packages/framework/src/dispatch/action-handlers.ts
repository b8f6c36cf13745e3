import type { Seneca, SenecaAction, SenecaReply } from "./seneca-types.js";

/** What a call carries through Seneca besides its message, as the directive `call$`. */
export interface CallContext {
  readonly signal: AbortSignal;
  /** In milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly hops: number;
  readonly idempotent: boolean;
}

type Handler = (this: Seneca, message: Record<string, unknown>, reply: SenecaReply, meta?: unknown) => unknown;

const AsyncFunction = (async () => {}).constructor;

/**
 * An author's handler as one that Seneca runs right. Seneca ignores what an async handler returns and lets its
 * errors escape the call, so those reply here; and calls made inside inherit the context of the call they are in.
 */
export function adaptHandler(handler: SenecaAction): SenecaAction {
  const returns = handler instanceof AsyncFunction || handler.length < 2;
  const adapted: Handler = function (message, reply, meta) {
    const context = message.call$ as CallContext | undefined;
    if (context) {
      delete message.call$;
      Object.assign(this.fixedargs, { call$: context });
      Object.defineProperty(this, "signal", { value: context.signal, configurable: true });
    }
    if (!returns) return handler.call(this, message, reply, meta);

    let replied = false;
    const once: SenecaReply = (error, result) => {
      if (replied) return;
      replied = true;
      reply(error, result);
    };
    const finish = async (): Promise<void> => {
      try {
        const result = await handler.call(this, message, once, meta);
        // An async handler may still reply by its callback; then its own `undefined` says nothing.
        if (result !== undefined || handler.length < 2) once(null, result);
      } catch (error) {
        once(error);
      }
    };
    void finish();
  };
  return Object.assign(adapted, handler);
}
