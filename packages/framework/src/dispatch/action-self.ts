import type { Call, Logger, Message } from "../core/index.js";
import { type ActionCallbacks, type CallbackAuthor, runCallback } from "./action-callbacks.js";
import { readCall } from "./action-calls.js";
import type { AuthoredHandler } from "./action-handlers.js";
import type { ActionDefinition, Seneca, SenecaCallback } from "./seneca-types.js";

/** An action that can be run without Seneca's machinery. */
export interface DirectAction extends AuthoredHandler {
  readonly definition: ActionDefinition;
  /** Whose name its log entries and its calls go by. */
  readonly author: CallbackAuthor;
  /** The `this` of its handler. */
  readonly Self: SelfClass;
  /** The action that it replaced; `remote` when that one sends messages elsewhere. */
  readonly prior: DirectAction | "remote" | undefined;
  /** How long it may take, in milliseconds, when its pattern says so by `timeout$`. */
  readonly timeoutMs: number | undefined;
}

/** The calls that an action can make. The dispatcher gives them. */
export interface NestedCalls {
  /** Starts a call within `parent`; it has its outcome at once or later. */
  start(message: Message, parent: Call): Call;
  /** Runs the action that another replaced, as a part of the same call. */
  prior(prior: DirectAction, message: Message, call: Call, reply: (error: unknown, result: unknown) => void): void;
  promise(call: Call): Promise<unknown>;
  readonly callbacks: ActionCallbacks;
  /** A message written as text. */
  parse(text: string): Message;
}

/** The `this` of a directly run action: a Seneca instance that knows its call. */
export interface ActionSelf extends Seneca {
  readonly call$: Call;
  readonly action$: DirectAction;
}

export type SelfClass = new (call: Call, action: DirectAction) => ActionSelf;

type Text = string | Message;

/**
 * One class for all actions of a plugin, whose Seneca is `base`: making the `this` of a call is one small allocation,
 * the same for all of them.
 */
export function defineSelf(base: Seneca, nested: NestedCalls): SelfClass {
  const { callbacks } = nested;

  function Self(this: { call$: Call; action$: DirectAction }, call: Call, action: DirectAction): void {
    this.call$ = call;
    this.action$ = action;
  }

  const methods = {
    act(this: ActionSelf, text: Text, more?: Message | SenecaCallback, done?: SenecaCallback): ActionSelf {
      // The usual forms need no reading.
      const isRead = typeof text === "object" && typeof more === "function";
      const { message, callback } = isRead
        ? { message: text, callback: more }
        : readCall(nested.parse, text, more, done);
      const call = nested.start(message, this.call$);
      if (callback) callbacks.callBack(call, callback, this, this.action$.author);
      else call.watch();
      return this;
    },
    post(this: ActionSelf, text: Text, more?: Message): Promise<unknown> {
      const isRead = typeof text === "object" && more === undefined;
      const message = isRead ? text : readCall(nested.parse, text, more).message;
      return nested.promise(nested.start(message, this.call$));
    },
    prior(this: ActionSelf, text: Text, more?: Message | SenecaCallback, done?: SenecaCallback): void {
      const { message, callback } = readCall(nested.parse, text, more, done);
      const { prior, author } = this.action$;
      const reply = (error: unknown, result: unknown) => {
        if (callback) runCallback(callback, this, author, error ?? null, result);
      };
      if (prior === undefined) reply(null, message.default$ ?? null);
      else if (prior !== "remote") nested.prior(prior, message, this.call$, reply);
      else callbacks.callBack(nested.start(message, this.call$), reply, this, author);
    },
    delegate(this: ActionSelf, fixed?: Message, fixedMeta?: Message): Seneca {
      const made = Object.assign(base.delegate.call(this, fixed, fixedMeta), {
        act(this: ActionSelf, text: Text, more?: Message | SenecaCallback, done?: SenecaCallback): ActionSelf {
          const { message, callback } = readCall(nested.parse, text, more, done);
          return methods.act.call(this, withFixed(message, this), callback);
        },
        post(this: ActionSelf, text: Text, more?: Message): Promise<unknown> {
          return methods.post.call(this, withFixed(readCall(nested.parse, text, more).message, this));
        },
      });
      return made;
    },
  };

  /** A delegate's fixed arguments stand in all its messages; those that every action has go with the call. */
  function withFixed(message: Message, self: ActionSelf): Message {
    const { tx$: _tx, plugin$: _plugin, ...fixed } = self.fixedargs;
    return { ...message, ...fixed };
  }

  const contexts = new WeakMap<object, object>();
  const write = (self: ActionSelf, level: keyof Logger, [message, ...rest]: unknown[]) => {
    const { definition, author } = self.action$;
    const fields = { pattern: author.pattern, ...pluginOf(definition), tx: self.call$.tx };
    author.log[level](String(message), rest.length > 0 ? { ...fields, data: rest } : fields);
  };
  const getters = {
    signal(this: ActionSelf) {
      return this.call$.signal;
    },
    identity(this: ActionSelf) {
      return this.call$.identity;
    },
    fixedargs(this: ActionSelf) {
      return { plugin$: pluginArgs(this.action$.definition), tx$: this.call$.tx };
    },
    /** Of this call alone. */
    context(this: ActionSelf) {
      let context = contexts.get(this);
      if (!context) {
        context = { ...base.context };
        contexts.set(this, context);
      }
      return context;
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
  return Self as unknown as SelfClass;
}

function pluginOf({ plugin_name: plugin }: ActionDefinition): { plugin?: string } {
  return plugin && plugin !== "root$" ? { plugin } : {};
}

function pluginArgs({ plugin_fullname: full, plugin_name: name, plugin_tag: tag }: ActionDefinition): object {
  return { full, name, tag };
}
