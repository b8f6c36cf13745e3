import { addresseeOf, Call, type Logger, type Message } from "../core/index.js";
import { type ActionCallbacks, runCallback } from "./action-callbacks.js";
import { readCall } from "./action-calls.js";
import { fromSeneca } from "./seneca-errors.js";
import { internalsOf } from "./seneca-internals.js";
import type { ActionDefinition, Seneca, SenecaCallback } from "./seneca-types.js";

/** `act` of a Seneca instance: the root's, or the `this` of an action that Seneca runs. */
export type ActFn = (message: Message, reply: SenecaCallback) => void;

export interface SenecaWayOptions {
  readonly seneca: Seneca;
  readonly name: string;
  readonly log: Logger;
  /** Starts a call within `parent`, through `act`. */
  start(message: Message, parent: Call, act: ActFn): Call;
  /** A message written as text. */
  parse(text: string): Message;
  readonly callbacks: ActionCallbacks;
}

/** Runs calls through Seneca's own machinery. */
export interface SenecaWay {
  /** Gives `reply` what came out; without a definition, Seneca finds the action itself. */
  run(call: Call, definition: ActionDefinition | undefined, act: ActFn | undefined, reply: SenecaCallback): void;
  /** Tells the `this` of an action that Seneca runs which call it is in, if that is one of ours. */
  enter(self: Seneca, message: { call$?: unknown }): void;
}

// Seneca's own timer is only the safety net behind the call's deadline.
const graceMs = 1_000;

/** Made before `add` and the hooks are watched: what it installs is ours. */
export function createSenecaWay({ seneca, name, log, start, parse, callbacks }: SenecaWayOptions): SenecaWay {
  const senecaAct = seneca.act as (this: Seneca, message: Message, reply?: SenecaCallback) => Seneca;
  honourEntries(seneca);

  function run(
    call: Call,
    definition: ActionDefinition | undefined,
    act: ActFn | undefined,
    reply: SenecaCallback,
  ): void {
    // Seneca alone would run a message without a valid target here.
    addresseeOf(call.message);
    call.watch();
    const message = {
      ...call.message,
      ...(definition && { prior$: definition.id, entry$: true }),
      timeout$: Math.ceil(call.remainingMs) + graceMs,
      tx$: call.tx,
      call$: call,
    };
    if (act) act(message, reply);
    else senecaAct.call(seneca, message, reply);
  }

  function enter(self: Seneca, message: { call$?: unknown }): void {
    const call = message.call$;
    if (!(call instanceof Call)) return;
    delete message.call$;
    Object.defineProperty(self, "call$", { value: call, configurable: true });
    Object.defineProperty(self, "signal", { get: () => call.signal, configurable: true });
    Object.defineProperty(self, "identity", { value: call.identity, configurable: true });
    const author = { log, pattern: internalsOf(self).private$.act?.def?.pattern };

    // `post` and `prior` are made of `act`, and what inherits from `self` (a delegate) calls in this call too.
    self.act = function (
      this: Seneca,
      text: string | Message,
      more?: Message | SenecaCallback,
      done?: SenecaCallback,
    ): Seneca {
      const { message, callback } = readCall(parse, text, more, done);
      let meta: unknown;
      const withMeta: SenecaCallback = (error, result) => callback?.call(this, error, result, meta);
      const act: ActFn = (whole, reply) => {
        senecaAct.call(this, whole, function (error, result, itsMeta) {
          meta = itsMeta;
          reply.call(this, error, result);
        });
      };
      if (message.prior$ !== undefined) {
        // A prior is a part of the same call.
        const timeout$ = Math.ceil(call.remainingMs) + graceMs;
        act({ ...message, timeout$, call$: call }, (error, result) => {
          if (callback) runCallback(withMeta, this, author, error ? fromSeneca(error, name) : null, result);
        });
        return this;
      }
      const child = start(message, call, act);
      if (callback) callbacks.callBack(child, withMeta, this, author);
      else child.watch();
      return this;
    } as Seneca["act"];
  }

  return { run, enter };
}

/**
 * `prior$` names the action that is to run. Seneca takes such a message for a step of a prior chain, which its
 * subscribers don't hear of; `entry$` says that the chain begins here.
 */
function honourEntries(seneca: Seneca): void {
  const { inward } = internalsOf(seneca).order;
  inward.add({
    name: "vastify_entry",
    before: "inward_msg_modify",
    exec({ data }: { data: { msg: { entry$?: boolean }; meta: { prior?: string | null } } }) {
      if (data.msg.entry$ !== true) return;
      delete data.msg.entry$;
      data.meta.prior = null;
    },
  });
}
