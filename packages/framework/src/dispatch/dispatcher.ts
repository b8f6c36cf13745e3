import { setMaxListeners } from "node:events";
import {
  type Addressee,
  addresseeOf,
  badOption,
  Call,
  type CallOptions,
  type CancelSignal,
  Deadlines,
  type Identity,
  isTraceId,
  keysOf,
  type Logger,
  type Message,
  outcomeOf,
  type RequestHeaders,
  VastifyError,
} from "../core/index.js";
import { ActionCallbacks } from "./action-callbacks.js";
import {
  type AuthoredHandler,
  adaptHandler,
  authoredHandler,
  errorIn,
  replyOnce,
  resultIn,
} from "./action-handlers.js";
import type { DirectAction } from "./action-self.js";
import { createSeneca, type SenecaOptions } from "./create-seneca.js";
import { actionTimeoutOf, createDirectActions } from "./direct-actions.js";
import { type ExplainedDispatch, explainAction } from "./explain-action.js";
import { createExposure } from "./exposure.js";
import { createFinder } from "./find-action.js";
import { installRemoteAction, type RemoteCaller } from "./remote-action.js";
import { fromSeneca } from "./seneca-errors.js";
import { watchPlainness } from "./seneca-internals.js";
import type { ActionDefinition, Seneca, SenecaAction, SenecaReply } from "./seneca-types.js";
import { type ActFn, createSenecaWay, type SenecaWay } from "./seneca-way.js";

export interface ActOptions {
  /** How long to wait for the result, in milliseconds. @default the service's `timeoutMs` */
  timeoutMs?: number;
  /** Gives the call up when it aborts. */
  signal?: AbortSignal | CancelSignal;
  /** The trace id of the chain this call belongs to. @default a new one */
  tx?: string;
  /** The action may be carried out twice without harm, so it may be tried again elsewhere. @default false */
  idempotent?: boolean;
  /** Of the request that led to this call, by their names in lower case: routing rules may look at them. @default none */
  headers?: RequestHeaders;
  /** Who it is made for: its action knows by `this.identity`, or `context.identity` of a contract's. @default nobody */
  identity?: Identity | undefined;
}

export interface DispatcherOptions {
  /** The target, for errors and as Seneca's tag. */
  name: string;
  log: Logger;
  /** How long a call may take when the caller doesn't say, in milliseconds. */
  timeoutMs: number;
  remote: RemoteCaller;
  seneca?: SenecaOptions | undefined;
}

/** A peer's call as the transport received it. */
export interface ReceivedCall {
  readonly message: Message;
  readonly tx?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly hops: number;
  readonly identity?: Identity | undefined;
}

export interface Dispatcher {
  readonly seneca: Seneca;
  /** Calls an action, here or in another service. */
  act(message: Message, options?: ActOptions): Promise<unknown>;
  /**
   * Answers a peer's call: only with what this service's authors added, and never with what they marked `private$`.
   * The call has its outcome at once or later; canceling it fires its action's signal.
   */
  receive(received: ReceivedCall): Call;
  /** Lets peers call what the plugin of this name adds. */
  expose(pluginName: string): void;
  /** The patterns that peers may call. */
  exposed(): Message[];
  /**
   * What `act` would do with a message.
   * @throws VastifyError `invalid_argument`, reason `bad_target` or `bad_version`
   */
  explain(message: Message): ExplainedDispatch;
}

// A chain that crosses this many processes, or is this deep in one, is going round in circles.
const maxHops = 25;
const maxDepth = 33;

/**
 * Finds the action of a message by Seneca's rules and runs it directly; what only Seneca's own machinery does right
 * goes through it. docs/reference/dispatch.md is the contract of both ways.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { name, log, timeoutMs: defaultTimeoutMs, remote } = options;
  const seneca = createSeneca({
    tag: name,
    timeoutMs: defaultTimeoutMs,
    log,
    ...(options.seneca && { seneca: options.seneca }),
  });
  const deadlines = new Deadlines();
  const callbacks = new ActionCallbacks();
  const authored = new WeakMap<object, AuthoredHandler>();
  const exposure = createExposure(seneca, authored);
  const find = createFinder(seneca);

  // Before `add` is ours, so that this action is none of the authors'.
  installRemoteAction(seneca, {
    newCall,
    send: (addressee, call) => {
      if (remote.isHere(addressee)) runHere(call);
      else remote.send(addressee, call);
      return outcomeOf(call);
    },
  });
  const remoteAction = seneca.find({ $$target: "*" }, { exact: true });
  const parse = createParser(seneca);
  const senecaWay = createSenecaWay({ seneca, name, log, start, parse, callbacks });
  const namesTargets = interceptAdd(seneca, authored, senecaWay);
  const isPlain = watchPlainness(seneca);
  const direct = createDirectActions({
    seneca,
    authored,
    log,
    nested: { start, prior: runPrior, promise: outcomeOf, parse, callbacks },
  });

  function newCall(message: Message, more: Partial<CallOptions>): Call {
    return new Call(message, { timeoutMs: defaultTimeoutMs, ...more }, deadlines);
  }

  /** What would answer here if nothing were sent elsewhere. */
  function findHere(message: Message): ActionDefinition | undefined {
    if (message.$$target === undefined) return find(message, "$$target") ?? seneca.find(message) ?? undefined;
    const found = namesTargets() ? find(message) : undefined;
    return found && !found.client ? found : find(message, "$$target");
  }

  /** A peer's value may have a `toString` that is no function, which no pattern matches. */
  function findAnswering(message: Message): ActionDefinition | undefined {
    try {
      return findHere(message);
    } catch {
      return undefined;
    }
  }

  /** An action added here for another target's name stands in for that target; our own name means our own version. */
  function isElsewhere(addressee: Addressee, message: Message): boolean {
    if (remote.isHere(addressee)) return false;
    return addressee.target === name || !namesTargets() || find(message)?.client !== false;
  }

  /** @param isOurs nobody else holds the message, so its action need not get a copy */
  function runHere(call: Call, definition = findHere(call.message), act?: ActFn, isOurs = false): void {
    if (call.depth > maxDepth) call.fail(tooDeep(call));
    else if (definition) {
      const action = act === undefined && isPlain() ? direct(definition) : null;
      if (action) runDirect(action, call, isOurs ? call.message : { ...call.message });
      else runBySeneca(call, definition, act);
    } else if (call.message.$$target !== undefined || isPlain()) call.fail(noPattern(call.message));
    else runBySeneca(call, undefined, act);
  }

  function runDirect(action: DirectAction, call: Call, message: Message): void {
    if (action.timeoutMs !== undefined) call.limitTo(action.timeoutMs);
    callbacks.runHandler(action, new action.Self(call, action), message, (error, result) =>
      settle(call, error, result),
    );
  }

  function runPrior(prior: DirectAction, message: Message, call: Call, reply: SenecaReply): void {
    let callBack: (() => void) | undefined;
    let returned = false;
    const onReply = replyOnce((first, result) => {
      const error = errorIn(first, result);
      callBack = () => (error ? reply(error, null) : reply(null, resultIn(first, result)));
      if (returned) callBack();
    });
    callbacks.runHandler(prior, new prior.Self(call, prior), { ...message }, onReply);
    returned = true;
    if (callBack) callbacks.later(callBack);
  }

  function runBySeneca(call: Call, definition: ActionDefinition | undefined, act: ActFn | undefined): void {
    const timeoutMs = definition && actionTimeoutOf(definition);
    if (timeoutMs !== undefined) call.limitTo(timeoutMs);
    try {
      senecaWay.run(call, definition, act, (thrown, result) => {
        const error = thrown ? fromSeneca(thrown, name) : thrown;
        const isUnknown = VastifyError.is(error) && error.reason === "no_pattern" && !definition;
        settle(call, isUnknown ? noPattern(call.message) : error, result);
      });
    } catch (error) {
      call.fail(error);
    }
  }

  function begin(message: Message, callOptions: CallOptions, signal?: CancelSignal, act?: ActFn): Call {
    const call = new Call(message, callOptions, deadlines);
    if (signal?.aborted) call.cancel();
    else dispatch(call, act);
    return call;
  }

  /** Of a message's directives the call honours three by itself; with others it goes to Seneca. */
  function beginDirected(message: Message, more: Partial<CallOptions>, signal?: CancelSignal, act?: ActFn): Call {
    const { timeout$, default$, idempotent$, ...rest } = message;
    const timeoutMs = Math.min(...[timeout$, more.timeoutMs].filter((ms) => typeof ms === "number"));
    const idempotent = typeof idempotent$ === "boolean" ? idempotent$ : more.idempotent;
    const callOptions = { ...more, idempotent, timeoutMs: Number.isFinite(timeoutMs) ? timeoutMs : defaultTimeoutMs };
    const isOurs = !hasDirectives(rest) && (default$ === undefined || isObject(default$));
    if (isOurs && (default$ === undefined || find(rest))) return begin(rest, callOptions, signal, act);
    const call = new Call(message, callOptions, deadlines);
    if (signal?.aborted) call.cancel();
    else if (isOurs) call.succeed(default$);
    else if (call.depth > maxDepth) call.fail(tooDeep(call));
    else runBySeneca(call, undefined, act);
    return call;
  }

  /** A call made in an action. */
  function start(message: Message, parent: Call, act?: ActFn): Call {
    if (hasDirectives(message)) return beginDirected(message, { parent }, undefined, act);
    return begin(message, { parent, timeoutMs: defaultTimeoutMs }, undefined, act);
  }

  function dispatch(call: Call, act?: ActFn): void {
    const { message } = call;
    if (message.$$target === undefined) {
      runHere(call, find(message, "$$target"), act);
      return;
    }
    try {
      const addressee = addresseeOf(message);
      if (!addressee || !isElsewhere(addressee, message)) runHere(call, undefined, act);
      else if (act === undefined && isPlain()) remote.send(addressee, call);
      else runBySeneca(call, remoteAction, act);
    } catch (error) {
      call.fail(error);
    }
  }

  function noPattern(message: Message): VastifyError {
    return new VastifyError("not_found", `${name} has no action for a message with the keys ${keysOf(message)}`, {
      reason: "no_pattern",
    });
  }

  return {
    seneca,
    act(message, actOptions) {
      if (typeof message !== "object" || message === null) return Promise.reject(badMessage(message));
      const { timeoutMs, tx, idempotent, headers, identity, signal } = actOptions ?? {};
      if (tx !== undefined && !isTraceId(tx))
        return Promise.reject(badOption("tx", tx, "a trace id of visible ASCII without quotes"));
      if (timeoutMs !== undefined && !isMilliseconds(timeoutMs))
        return Promise.reject(badOption("timeoutMs", timeoutMs, "a number of milliseconds"));
      if (signal !== undefined && typeof signal.addEventListener !== "function")
        return Promise.reject(badOption("signal", typeof signal, "an AbortSignal"));
      const call = hasDirectives(message)
        ? beginDirected(message, { timeoutMs, tx, idempotent, headers, identity } as Partial<CallOptions>, signal)
        : begin(message, { timeoutMs: timeoutMs ?? defaultTimeoutMs, tx, idempotent, headers, identity }, signal);
      return signal ? outcomeUntil(signal, call) : outcomeOf(call);
    },
    receive({ message, tx, timeoutMs = defaultTimeoutMs, hops, identity }) {
      const call = new Call(message, { timeoutMs, tx, hops, identity }, deadlines);
      if (hops > maxHops) {
        const text = `the call crossed ${hops} processes; it goes round in circles`;
        call.fail(new VastifyError("failed_precondition", text, { reason: "too_many_hops" }));
        return call;
      }
      const definition = findAnswering(message);
      if (definition && exposure.has(definition)) runHere(call, definition, undefined, true);
      else call.fail(noPattern(message));
      call.watch();
      return call;
    },
    explain(message) {
      const addressee = addresseeOf(message);
      if (addressee && isElsewhere(addressee, message)) return { action: undefined, addressee };
      const definition = findHere(message);
      if (!definition) return { action: undefined, addressee: undefined };
      const way = isPlain() && direct(definition) !== null ? "direct" : "seneca";
      return { action: explainAction(definition, way), addressee: undefined };
    },
    expose: exposure.add,
    exposed: exposure.list,
  };
}

/**
 * Every handler that authors add is known, and runs right in Seneca too.
 * @returns whether any of their patterns names a `$$target`: few do, and then messages need not be looked up by it
 */
function interceptAdd(seneca: Seneca, authored: WeakMap<object, AuthoredHandler>, { enter }: SenecaWay): () => boolean {
  let namesTarget = false;
  const add = seneca.add as (...args: unknown[]) => Seneca;
  seneca.add = function (this: Seneca, ...args: unknown[]) {
    // Not always the last argument: a plugin's `add` appends the action's definition.
    const at = args.findLastIndex((arg) => typeof arg === "function");
    if (at < 0) return add.apply(this, args);
    const handler = authoredHandler(args[at] as SenecaAction);
    const adapted = adaptHandler(handler, enter);
    authored.set(adapted, handler);
    namesTarget ||= args.slice(0, at).some((pattern) => JSON.stringify(pattern).includes("$$target"));
    return add.apply(this, args.with(at, adapted));
  } as Seneca["add"];
  return () => namesTarget;
}

/** Parses a message written as text; the same texts come again and again. */
function createParser(seneca: Seneca): (text: string) => Message {
  const parsed = new Map<string, Message>();
  return (text) => {
    let message = parsed.get(text);
    if (!message) {
      message = seneca.util.Jsonic(text);
      // Texts with values built in would fill the memory, and an action may change what is inside an object.
      if (parsed.size < 1_000 && !Object.values(message).some(isObject)) parsed.set(text, message);
    }
    return message;
  };
}

/** One signal may give up many calls, so it lets go of those that are over. */
function outcomeUntil(signal: CancelSignal, call: Call): Promise<unknown> {
  const outcome = outcomeOf(call);
  if (call.outcome !== "open") return outcome;
  const cancel = () => call.cancel();
  const settle = call.onOutcome;
  call.onOutcome = (ended) => {
    signal.removeEventListener("abort", cancel);
    settle?.(ended);
  };
  // A signal of a whole process may serve any number of calls, which is no leak.
  if (signal instanceof AbortSignal) setMaxListeners(0, signal);
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  return outcome;
}

function hasDirectives(message: Message): boolean {
  for (const key in message) if (key.charCodeAt(key.length - 1) === 36) return true;
  return false;
}

/** Gives a call what its action replied; only the first reply finds it open. */
function settle(call: Call, first: unknown, result: unknown): void {
  const error = errorIn(first, result);
  if (error) call.fail(error);
  else call.succeed(resultIn(first, result));
}

/** One below 0 is a deadline that has passed. */
function isMilliseconds(value: unknown): boolean {
  return typeof value === "number" && !Number.isNaN(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function badMessage(message: unknown): VastifyError {
  return new VastifyError("invalid_argument", `a message must be an object, got ${JSON.stringify(message)}`, {
    reason: "bad_message",
  });
}

function tooDeep(call: Call): VastifyError {
  const text = `a chain of ${call.depth} calls within one process goes round in circles`;
  return new VastifyError("failed_precondition", text, { reason: "too_deep" });
}
