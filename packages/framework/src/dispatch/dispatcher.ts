import {
  type Addressee,
  addresseeOf,
  type Call,
  deadlineExceeded,
  type Logger,
  type Message,
  newTraceId,
  VastifyError,
  withDeadline,
} from "../core/index.js";
import { adaptHandler, type CallContext } from "./action-handlers.js";
import { createSeneca, type SenecaOptions } from "./create-seneca.js";
import type { ActionDefinition, Seneca, SenecaAction, SenecaCallback } from "./seneca-types.js";

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

/** Sends a call to another process. Routing gives it. */
export interface RemoteCaller {
  /** Whether this very process is what the addressee asks for. */
  isHere(addressee: Addressee): boolean;
  call(addressee: Addressee, call: Call): Promise<unknown>;
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

export interface Dispatcher {
  readonly seneca: Seneca;
  /** Calls an action, here or in another service. */
  act(message: Message, options?: ActOptions): Promise<unknown>;
  /** Answers a peer's call: only with what this service's authors added, and never with what they marked `private$`. */
  receive(
    message: Message,
    context: { tx?: string | undefined; timeoutMs?: number | undefined; hops: number; signal: AbortSignal },
  ): Promise<unknown>;
  /** Lets peers call what the plugin of this name adds. */
  expose(pluginName: string): void;
  /** The patterns that peers may call. */
  exposed(): Message[];
}

// A chain that crosses this many processes is going round in circles.
const maxHops = 25;
const internalKeys: ReadonlySet<string> = new Set(["init", "sys", "hook"]);
const internalRoles: ReadonlySet<unknown> = new Set(["seneca", "transport", "web", "options", "plugin", "mem-store"]);

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { name, log, timeoutMs: defaultTimeoutMs, remote } = options;
  const seneca = createSeneca({
    tag: name,
    timeoutMs: defaultTimeoutMs,
    log,
    ...(options.seneca && { seneca: options.seneca }),
  });
  const exposedPlugins = new Set<string | undefined>(["root$", undefined]);
  /** Handlers that authors added, to tell them from Seneca's own. */
  const authored = new WeakSet<object>();

  // Before `add` is ours, so that this action is none of the authors'.
  installRouting(seneca, { remote, defaultTimeoutMs, runHere: (message, call) => runHere(message, call) });

  const add = seneca.add as (...args: unknown[]) => Seneca;
  seneca.add = function (this: Seneca, ...args: unknown[]) {
    // Not always the last argument: a plugin's `add` appends the action's definition.
    const at = args.findLastIndex((arg) => typeof arg === "function");
    if (at < 0) return add.apply(this, args);
    const adapted = adaptHandler(args[at] as SenecaAction);
    authored.add(adapted);
    return add.apply(this, args.with(at, adapted));
  } as Seneca["add"];

  function isExposed(definition: ActionDefinition): boolean {
    const { func, plugin_fullname: plugin, raw = {} } = definition;
    if (typeof func !== "function" || !authored.has(func) || !exposedPlugins.has(plugin)) return false;
    if (raw.private$ === true || internalRoles.has(raw.role)) return false;
    return !Object.keys(raw).some((key) => internalKeys.has(key));
  }

  /** What would answer here if nothing were sent elsewhere. */
  function findHere(message: Message): ActionDefinition | undefined {
    const found = seneca.find(message);
    if (!found?.client) return found;
    const { $$target: _, ...rest } = message;
    const local = seneca.find(rest);
    return local?.client ? undefined : local;
  }

  async function runHere(message: Message, call: Call, definition = findHere(message)): Promise<unknown> {
    if (!definition) throw noPattern(message);
    const context: CallContext = {
      signal: call.signal,
      deadline: call.deadline,
      hops: call.hops,
      idempotent: call.idempotent,
    };
    const timeout$ = Math.max(1, Math.ceil(call.deadline - performance.now()));
    const directives = { tx$: call.tx, timeout$, call$: context, prior$: definition.id };
    return new Promise((resolve, reject) => {
      seneca.act({ ...message, ...directives }, (error, result) => {
        if (error) reject(errorOf(error, name, message, timeout$));
        else resolve(result ?? null);
      });
    });
  }

  /** An action added here for another target's name stands in for that target; our own name means our own version. */
  function isElsewhere(addressee: Addressee, message: Message): boolean {
    if (remote.isHere(addressee)) return false;
    return addressee.target === name || seneca.find(message)?.client !== false;
  }

  function noPattern(message: Message): VastifyError {
    return new VastifyError("not_found", `${name} has no action for a message with the keys ${keysOf(message)}`, {
      reason: "no_pattern",
    });
  }

  return {
    seneca,
    async act(message, actOptions = {}) {
      const { timeoutMs = defaultTimeoutMs, signal: parent, tx = newTraceId(), idempotent = false } = actOptions;
      const addressee = addresseeOf(message);
      const elsewhere = addressee !== undefined && isElsewhere(addressee, message);
      const what = addressee ? `the call to ${addressee.target}` : "the call";
      return withDeadline({ timeoutMs, parent, what }, async (signal) => {
        const call: Call = { message, tx, signal, idempotent, deadline: performance.now() + timeoutMs, hops: 0 };
        if (elsewhere) return remote.call(addressee, call);
        return runHere(message, call);
      });
    },
    async receive(message, { tx = newTraceId(), timeoutMs = defaultTimeoutMs, hops, signal: parent }) {
      if (hops > maxHops) {
        throw new VastifyError("failed_precondition", `the call crossed ${hops} processes; it goes round in circles`, {
          reason: "too_many_hops",
        });
      }
      const definition = findHere(message);
      if (!definition || !isExposed(definition)) throw noPattern(message);
      return withDeadline({ timeoutMs, parent, what: `the call to ${name}` }, (signal) =>
        runHere(
          message,
          { message, tx, signal, idempotent: false, deadline: performance.now() + timeoutMs, hops },
          definition,
        ),
      );
    },
    expose(pluginName) {
      exposedPlugins.add(pluginName);
    },
    exposed() {
      return seneca.list().filter((pattern) => {
        const definition = seneca.find(pattern, { exact: true });
        return definition !== undefined && !definition.client && isExposed(definition);
      });
    },
  };
}

export interface Routing {
  readonly remote: RemoteCaller;
  readonly defaultTimeoutMs: number;
  readonly runHere: CallLocal;
}
type CallLocal = (message: Message, call: Call) => Promise<unknown>;

/** One action for every target: it sends each message to an instance of its target, chosen when it is sent. */
export function installRouting(seneca: Seneca, { remote, defaultTimeoutMs, runHere }: Routing): void {
  type Send = (this: Seneca, message: Message, reply: SenecaCallback, meta: { tx?: string; timeout?: number }) => void;
  const send: Send = function (message, reply, meta) {
    const { call$, ...whole } = message;
    const context = call$ as CallContext | undefined;
    const remainingMs = context ? context.deadline - performance.now() : Number.POSITIVE_INFINITY;
    const timeoutMs = Math.max(1, Math.min(meta.timeout ?? defaultTimeoutMs, remainingMs));
    const run = async (): Promise<unknown> => {
      const addressee = addresseeOf(whole);
      if (!addressee)
        throw new VastifyError("invalid_argument", "the message names no $$target", { reason: "bad_target" });
      return withDeadline({ timeoutMs, parent: context?.signal, what: `the call to ${addressee.target}` }, (signal) => {
        const call: Call = {
          message: whole,
          tx: meta.tx ?? newTraceId(),
          signal,
          idempotent: context?.idempotent ?? false,
          deadline: performance.now() + timeoutMs,
          hops: context?.hops ?? 0,
        };
        return remote.isHere(addressee) ? runHere(whole, call) : remote.call(addressee, call);
      });
    };
    run().then(
      (result) => reply.call(this, null, result),
      (error) => reply.call(this, error, undefined),
    );
  };
  // What seneca.client() would add, without its handshake: a plain Seneca runs calls that were queued while a plugin
  // loads before that handshake, and never answers them.
  seneca.add({ $$target: "*", client$: true, strict$: { add: true } }, send as SenecaAction);
}

/** Seneca's own errors in our words; anything else as it was thrown. */
function errorOf(thrown: unknown, name: string, message: Message, timeoutMs: number): VastifyError {
  const code = typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : undefined;
  const bySeneca = typeof thrown === "object" && thrown !== null && "seneca" in thrown && thrown.seneca === true;
  if (bySeneca && code === "action_timeout") return deadlineExceeded(`the action for ${keysOf(message)}`, timeoutMs);
  if (bySeneca && code === "closed") {
    return new VastifyError("unavailable", `${name} is stopping`, { reason: "draining" });
  }
  return VastifyError.from(thrown);
}

/** Keys without values, which may be what nobody should read in a log. */
function keysOf(message: Message): string {
  const keys = Object.keys(message).filter((key) => !key.endsWith("$"));
  return keys.length > 0 ? keys.sort().join(", ") : "(none)";
}
