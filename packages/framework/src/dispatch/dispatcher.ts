import {
  type Addressee,
  addresseeOf,
  Call,
  type CallOptions,
  Deadlines,
  keysOf,
  type Logger,
  type Message,
  outcomeOf,
  VastifyError,
} from "../core/index.js";
import { type AuthoredHandler, adaptHandler, authoredHandler, runHandler } from "./action-handlers.js";
import type { DirectAction } from "./action-self.js";
import { createSeneca, type SenecaOptions } from "./create-seneca.js";
import { createDirectActions } from "./direct-actions.js";
import { createExposure } from "./exposure.js";
import { createFinder } from "./find-action.js";
import { installRemoteAction, type RemoteCaller } from "./remote-action.js";
import { fromSeneca } from "./seneca-errors.js";
import { watchPlainness } from "./seneca-internals.js";
import type { ActionDefinition, Seneca, SenecaAction } from "./seneca-types.js";

export interface ActOptions {
  /** How long to wait for the result, in milliseconds. @default the service's `timeoutMs` */
  timeoutMs?: number;
  /** Gives the call up when it aborts. */
  signal?: AbortSignal;
  /** The trace id of the chain this call belongs to. @default a new one */
  tx?: string;
  /** The action may be carried out twice without harm, so it may be tried again elsewhere. @default false */
  idempotent?: boolean;
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
  interceptAdd(seneca, authored);
  const isPlain = watchPlainness(seneca);
  const direct = createDirectActions({
    seneca,
    authored,
    log,
    nested: { start, prior: runPrior, promise: outcomeOf, parse: createParser(seneca) },
  });

  function newCall(message: Message, more: Partial<CallOptions>): Call {
    return new Call(message, { timeoutMs: defaultTimeoutMs, ...more }, deadlines);
  }

  /** What would answer here if nothing were sent elsewhere. */
  function findHere(message: Message): ActionDefinition | undefined {
    const found = find(message) ?? seneca.find(message) ?? undefined;
    if (!found?.client) return found;
    return find(message, "$$target");
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
    return addressee.target === name || find(message)?.client !== false;
  }

  /** @param isOurs nobody else holds the message, so its action need not get a copy */
  function runHere(call: Call, definition = findHere(call.message), isOurs = false): void {
    if (!definition) call.fail(noPattern(call.message));
    else if (call.depth > maxDepth) call.fail(tooDeep(call));
    else {
      const action = isPlain() ? direct(definition) : null;
      if (action) runDirect(action, call, isOurs ? call.message : { ...call.message });
      else runBySeneca(call, { prior$: definition.id });
    }
  }

  function runDirect(action: DirectAction, call: Call, message: Message): void {
    runHandler(action, new action.Self(call), message, (error, result) => settle(call, error, result));
  }

  function runPrior(
    prior: DirectAction,
    message: Message,
    call: Call,
    reply: (error: unknown, result: unknown) => void,
  ): void {
    runHandler(prior, new prior.Self(call), { ...message }, (error, result) => {
      if (isError(error)) reply(error, null);
      else reply(null, result ?? error ?? null);
    });
  }

  function runBySeneca(call: Call, directives: Message = {}): void {
    call.watch();
    // Seneca's own timer is only the safety net behind the call's deadline.
    const timeout$ = Math.ceil(call.remainingMs) + 1_000;
    const message = { timeout$, ...call.message, ...directives, tx$: call.tx, call$: call };
    seneca.act(message, (error, result) => settle(call, error && fromSeneca(error, name), result));
  }

  /** A call made in an action, or at the top by `act`. */
  function start(message: Message, parent: Call): Call {
    if (hasDirectives(message)) {
      const { timeout$, default$, ...rest } = message;
      const timeoutMs = typeof timeout$ === "number" ? timeout$ : defaultTimeoutMs;
      const call = newCall(hasDirectives(rest) ? message : rest, { parent, timeoutMs });
      if (hasDirectives(rest)) runBySeneca(call);
      else if (default$ !== undefined && !find(rest)) call.succeed(default$);
      else dispatch(call);
      return call;
    }
    const call = new Call(message, { parent, timeoutMs: defaultTimeoutMs }, deadlines);
    dispatch(call);
    return call;
  }

  function dispatch(call: Call): void {
    const { message } = call;
    if (message.$$target === undefined) {
      runHere(call, find(message));
      return;
    }
    try {
      const addressee = addresseeOf(message);
      if (addressee && isElsewhere(addressee, message)) remote.send(addressee, call);
      else runHere(call);
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
      const { timeoutMs = defaultTimeoutMs, tx, idempotent, signal } = actOptions ?? {};
      const call = new Call(message, { timeoutMs, tx, idempotent }, deadlines);
      if (signal) cancelWith(call, signal);
      if (call.outcome === "open") {
        if (hasDirectives(message)) runBySeneca(call);
        else dispatch(call);
      }
      return outcomeOf(call);
    },
    receive({ message, tx, timeoutMs = defaultTimeoutMs, hops }) {
      const call = new Call(message, { timeoutMs, tx, hops }, deadlines);
      if (hops > maxHops) {
        const text = `the call crossed ${hops} processes; it goes round in circles`;
        call.fail(new VastifyError("failed_precondition", text, { reason: "too_many_hops" }));
        return call;
      }
      const definition = findAnswering(message);
      if (definition && exposure.has(definition)) runHere(call, definition, true);
      else call.fail(noPattern(message));
      call.watch();
      return call;
    },
    expose: exposure.add,
    exposed: exposure.list,
  };
}

/** Every handler that authors add is known, and runs right in Seneca too. */
function interceptAdd(seneca: Seneca, authored: WeakMap<object, AuthoredHandler>): void {
  const add = seneca.add as (...args: unknown[]) => Seneca;
  seneca.add = function (this: Seneca, ...args: unknown[]) {
    // Not always the last argument: a plugin's `add` appends the action's definition.
    const at = args.findLastIndex((arg) => typeof arg === "function");
    if (at < 0) return add.apply(this, args);
    const handler = authoredHandler(args[at] as SenecaAction);
    const adapted = adaptHandler(handler);
    authored.set(adapted, handler);
    return add.apply(this, args.with(at, adapted));
  } as Seneca["add"];
}

/** Parses a message written as text; the same texts come again and again. */
function createParser(seneca: Seneca): (text: string) => Message {
  const parsed = new Map<string, Message>();
  return (text) => {
    let message = parsed.get(text);
    if (!message) {
      message = seneca.util.Jsonic(text);
      // Texts with values built in would fill the memory.
      if (parsed.size < 1_000) parsed.set(text, message);
    }
    return message;
  };
}

function cancelWith(call: Call, signal: AbortSignal): void {
  if (signal.aborted) call.cancel();
  else signal.addEventListener("abort", () => call.cancel(), { once: true });
}

function hasDirectives(message: Message): boolean {
  for (const key in message) if (key.charCodeAt(key.length - 1) === 36) return true;
  return false;
}

/** As in Seneca, a first argument that is no error is the result. */
function settle(call: Call, error: unknown, result: unknown): void {
  if (isError(error)) call.fail(error);
  else call.succeed(result ?? error ?? null);
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}

function tooDeep(call: Call): VastifyError {
  const text = `a chain of ${call.depth} calls within one process goes round in circles`;
  return new VastifyError("failed_precondition", text, { reason: "too_deep" });
}
