import type { Call, Logger, Message } from "../core/index.js";
import type { Seneca, SenecaCallback } from "./seneca-types.js";

/** `act(message, [more of the message,] [callback])`, as an action's author writes it. */
export interface WrittenCall {
  readonly message: Message;
  readonly callback: SenecaCallback | undefined;
}

type MoreOrCallback = Message | SenecaCallback | null | undefined;

/** What the first message says wins over the second, as in Seneca. */
export function readCall(
  parse: (text: string) => Message,
  text: string | Message,
  more: MoreOrCallback,
  callback?: SenecaCallback,
): WrittenCall {
  const message = typeof text === "string" ? parse(text) : text;
  if (typeof more === "function") return { message, callback: more };
  return { message: typeof more === "object" && more !== null ? { ...more, ...message } : message, callback };
}

export interface CallBackOptions {
  readonly self: Seneca;
  readonly log: Logger;
  /** Of the calling action, for the log. */
  readonly pattern: string | undefined;
  /** Seneca's notes on the call, when it went through Seneca. */
  readonly meta?: () => unknown;
}

/** Gives a call's outcome to the action's callback: as in Seneca, never before `act` has returned. */
export function callBack(call: Call, done: SenecaCallback, { self, log, pattern, meta }: CallBackOptions): void {
  const run = (): void => {
    try {
      if (call.outcome === "done") done.call(self, null, call.value, meta?.());
      else done.call(self, call.value, null, meta?.());
    } catch (err) {
      log.error("the callback of an action's call threw", { err, tx: call.tx, pattern });
    }
  };
  if (call.outcome !== "open") soon(run);
  else {
    call.onOutcome = run;
    call.watch();
  }
}

const resolved = Promise.resolve();

/** Runs it after what is running now, as `queueMicrotask` would at more than twice the cost. It must not throw. */
export function soon(run: () => void): void {
  void resolved.then(run);
}
