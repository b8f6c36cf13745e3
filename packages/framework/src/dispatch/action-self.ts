import type { Call, Logger, Message } from "../core/index.js";
import type { AuthoredHandler } from "./action-handlers.js";
import type { ActionDefinition, Seneca, SenecaCallback } from "./seneca-types.js";

/** An action that can be run without Seneca's machinery. */
export interface DirectAction extends AuthoredHandler {
  readonly definition: ActionDefinition;
  /** The `this` of its handler. */
  readonly Self: new (
    call: Call,
  ) => ActionSelf;
  /** The action that it replaced; `remote` when that one sends messages elsewhere. */
  readonly prior: DirectAction | "remote" | undefined;
}

/** The calls that an action can make. The dispatcher gives them. */
export interface NestedCalls {
  /** Starts a call within `parent`; it has its outcome at once or later. */
  start(message: Message, parent: Call): Call;
  /** Runs the action that another replaced, as a part of the same call. */
  prior(prior: DirectAction, message: Message, call: Call, reply: (error: unknown, result: unknown) => void): void;
  promise(call: Call): Promise<unknown>;
  /** A message written as text. */
  parse(text: string): Message;
}

/** The `this` of a directly run action: a Seneca instance that knows its call. */
export interface ActionSelf extends Seneca {
  readonly call$: Call;
}

export interface SelfOptions {
  readonly base: Seneca;
  readonly definition: ActionDefinition;
  readonly prior: DirectAction | "remote" | undefined;
  readonly nested: NestedCalls;
  readonly log: Logger;
}

type Text = string | Message;

/** One class per action, so that making the `this` of a call is one small allocation. */
export function defineSelf({ base, definition, prior, nested, log }: SelfOptions): new (call: Call) => ActionSelf {
  function Self(this: { call$: Call }, call: Call): void {
    this.call$ = call;
  }

  const asMessage = (text: Text): Message => (typeof text === "string" ? nested.parse(text) : text);
  const merged = (text: Text, more: unknown): Message => {
    const message = asMessage(text);
    return typeof more === "object" && more !== null ? { ...more, ...message } : message;
  };

  const methods = {
    act(this: ActionSelf, text: Text, more?: unknown, callback?: SenecaCallback): ActionSelf {
      const call = nested.start(merged(text, more), this.call$);
      const done = typeof more === "function" ? (more as SenecaCallback) : callback;
      if (done) callBack(call, done, this);
      else call.watch();
      return this;
    },
    post(this: ActionSelf, text: Text, more?: Message): Promise<unknown> {
      return nested.promise(nested.start(merged(text, more), this.call$));
    },
    prior(this: ActionSelf, text: Text, callback?: SenecaCallback): void {
      const message = asMessage(text);
      const done = (error: unknown, result: unknown) => callback?.call(this, error ?? null, result);
      if (prior === undefined) done(null, message.default$ ?? null);
      else if (prior !== "remote") nested.prior(prior, message, this.call$, done);
      else callBack(nested.start(message, this.call$), done, this);
    },
  };

  /** As in Seneca: never before `act` has returned. */
  function callBack(call: Call, done: SenecaCallback, self: ActionSelf): void {
    const run = (): void => {
      try {
        if (call.outcome === "done") done.call(self, null, call.value);
        else done.call(self, call.value, null);
      } catch (err) {
        log.error("the callback of an action's call threw", { err, tx: call.tx, pattern: definition.pattern });
      }
    };
    if (call.outcome !== "open") queueMicrotask(run);
    else {
      call.onOutcome = run;
      call.watch();
    }
  }

  const write = (self: ActionSelf, level: keyof Logger, [message, ...rest]: unknown[]) => {
    const fields = { pattern: definition.pattern, ...pluginOf(definition), tx: self.call$.tx };
    log[level](String(message), rest.length > 0 ? { ...fields, data: rest } : fields);
  };
  const getters = {
    signal(this: ActionSelf) {
      return this.call$.signal;
    },
    fixedargs(this: ActionSelf) {
      return { tx$: this.call$.tx };
    },
    log(this: ActionSelf) {
      const at =
        (level: keyof Logger) =>
        (...data: unknown[]) =>
          write(this, level, data);
      return {
        debug: at("debug"),
        info: at("info"),
        warn: at("warn"),
        error: at("error"),
        fatal: at("error"),
        trace: at("debug"),
      };
    },
  };

  Self.prototype = Object.assign(Object.create(base), methods);
  for (const [name, get] of Object.entries(getters)) Object.defineProperty(Self.prototype, name, { get });
  return Self as unknown as new (
    call: Call,
  ) => ActionSelf;
}

function pluginOf({ plugin_name: plugin }: ActionDefinition): { plugin?: string } {
  return plugin && plugin !== "root$" ? { plugin } : {};
}
