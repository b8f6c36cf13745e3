import type { ActionDefinition, Seneca } from "./seneca-types.js";

/** What we read of Seneca's insides; each is checked to be there when a dispatcher is made. */
export interface SenecaInternals extends Seneca {
  readonly flags: { readonly closed: boolean };
  readonly order: Record<"inward" | "outward", { tasks(): readonly unknown[]; add(...args: unknown[]): unknown }>;
  options(over?: unknown): {
    history?: { active?: boolean };
    test?: unknown;
    debug?: { act_caller?: boolean };
    legacy?: { meta?: boolean };
    errhandler?: unknown;
  };
  inward(hook: (spec: { data: { msg: Record<string, unknown> } }) => void): unknown;
  outward(hook: (spec: { data: { res: unknown } }) => void): unknown;
  listenerCount(event: string): number;
  readonly private$: {
    readonly actrouter: { find(message: object): ActionDefinition | null };
    readonly subrouter: Record<"inward" | "outward", { list(): readonly unknown[] }>;
    readonly intercept: { readonly act_error: readonly unknown[] };
    readonly action_modifiers: readonly unknown[];
    readonly plugins: Readonly<Record<string, { readonly shared?: unknown } | undefined>>;
    readonly stats: { readonly act: { readonly calls: number } };
    /** The queue that plugins load through. */
    readonly ge: { readonly options: { interval: number } };
    /** In the `this` of an action that Seneca runs. */
    readonly act?: { readonly def?: ActionDefinition };
  };
}

export function internalsOf(seneca: Seneca): SenecaInternals {
  return seneca as SenecaInternals;
}

/**
 * Calls back when the plugins have loaded that were given to `use` before. Seneca itself first lets 111 ms pass, but
 * their loading is in its queue by then.
 */
export function whenLoaded(seneca: Seneca, done: () => void): void {
  const { options } = internalsOf(seneca).private$.ge;
  const { interval } = options;
  options.interval = 0;
  seneca.ready(done);
  options.interval = interval;
}

/** Calls `before` ahead of a method, if there is one of this name. */
export function interceptCalls(owner: object, name: string, before: () => void): void {
  const methods = owner as Record<string, unknown>;
  const original = methods[name];
  if (typeof original !== "function") return;
  methods[name] = function (this: unknown, ...args: unknown[]) {
    before();
    return original.apply(this, args);
  };
}

// On the error handler that watches plugins load: it wants nothing of calls.
const ofLoading = Symbol("ofLoading");

export function forLoading<T extends object>(handler: T): T {
  return Object.assign(handler, { [ofLoading]: true });
}

export function isForLoading(handler: unknown): boolean {
  return typeof handler === "function" && ofLoading in handler;
}

/** After one of these, what every call goes through may have changed. */
const changers = [
  "inward",
  "outward",
  "sub",
  "options",
  "intercept",
  "on",
  "once",
  "addListener",
  "prependListener",
  "error",
] as const;
const events = ["act-in", "act-out", "act-err", "act-err-4"] as const;

/**
 * Watches whether a Seneca instance does anything for a call but find and run its action: hooks, subscriptions,
 * listeners, history. As long as it doesn't, running the action directly gives the same.
 */
export function watchPlainness(seneca: Seneca): () => boolean {
  const inner = internalsOf(seneca);
  const count = (order: "inward" | "outward") => inner.order[order].tasks().length;
  const asMade = {
    inward: count("inward"),
    outward: count("outward"),
    modifiers: inner.private$.action_modifiers.length,
  };
  let known = false;
  let plain = false;

  const forget = () => {
    known = false;
  };
  for (const name of changers) interceptCalls(inner, name, forget);
  for (const order of ["inward", "outward"] as const) interceptCalls(inner.order[order], "add", forget);
  interceptCalls(inner.private$.action_modifiers, "push", forget);
  interceptCalls(inner.private$.intercept.act_error, "push", forget);

  function isPlain(): boolean {
    const { history, test, debug, legacy, errhandler } = inner.options();
    return (
      count("inward") === asMade.inward &&
      count("outward") === asMade.outward &&
      inner.private$.action_modifiers.length === asMade.modifiers &&
      inner.private$.subrouter.inward.list().length === 0 &&
      inner.private$.subrouter.outward.list().length === 0 &&
      inner.private$.intercept.act_error.length === 0 &&
      events.every((event) => inner.listenerCount(event) === 0) &&
      history?.active !== true &&
      !test &&
      debug?.act_caller !== true &&
      legacy?.meta !== true &&
      (typeof errhandler !== "function" || isForLoading(errhandler))
    );
  }

  return () => {
    if (!known) {
      plain = isPlain();
      known = true;
    }
    return plain && !inner.flags.closed;
  };
}
