import type { Call, Logger } from "../core/index.js";
import { type AuthoredHandler, runHandler } from "./action-handlers.js";
import type { Seneca, SenecaCallback, SenecaReply } from "./seneca-types.js";

/** The action whose author wrote a callback, for the log. */
export interface CallbackAuthor {
  readonly log: Logger;
  readonly pattern: string | undefined;
}

const resolved = Promise.resolve();

/**
 * The callbacks of the calls that actions make. As in Seneca, none runs before `act` has returned. When a handler has
 * returned, so has every `act` in it: a callback whose call has its outcome by then needs no promise to be put off.
 */
export class ActionCallbacks {
  /** Those of the innermost handler that runs now stand at the end. */
  private readonly waiting: ((() => void) | undefined)[] = [];
  private count = 0;
  private handlers = 0;

  /** Runs a handler as `runHandler` does, and after it the callbacks that wait for it to return. */
  runHandler(authored: AuthoredHandler, self: Seneca, message: unknown, reply: SenecaReply): void {
    const first = this.count;
    this.handlers++;
    try {
      runHandler(authored, self, message, reply);
      for (let at = first; at < this.count; ) {
        const run = this.waiting[at];
        this.waiting[at++] = undefined;
        // Callbacks make calls, whose callbacks begin anew here: a long chain of them takes no more room than one.
        if (at === this.count) {
          at = first;
          this.count = first;
        }
        run?.();
      }
    } finally {
      this.count = first;
      this.handlers--;
    }
  }

  /** Gives a call's outcome to the callback of an action, whose `this` is `self`. */
  callBack(call: Call, done: SenecaCallback, self: Seneca, author: CallbackAuthor): void {
    const run = (): void => {
      if (call.outcome === "done") runCallback(done, self, author, null, call.value);
      else runCallback(done, self, author, call.value, null);
    };
    if (call.outcome !== "open") this.later(run);
    else {
      call.onOutcome = run;
      call.watch();
    }
  }

  /** Runs it after the code that is running now. It must not throw. */
  later(run: () => void): void {
    if (this.handlers > 0) this.waiting[this.count++] = run;
    // Unlike `queueMicrotask` it makes no async resource, which costs more than the call.
    else void resolved.then(run);
  }
}

/** What a callback throws ends nothing: nobody waits for it. */
export function runCallback(
  done: SenecaCallback,
  self: Seneca,
  { log, pattern }: CallbackAuthor,
  error: unknown,
  result: unknown,
): void {
  try {
    done.call(self, error, result);
  } catch (err) {
    log.error("the callback of an action's call threw", { err, tx: self.fixedargs.tx$, pattern });
  }
}
