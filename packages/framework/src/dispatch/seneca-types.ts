import type { Identity, Message } from "../core/index.js";

// Seneca's own declarations are `any` throughout, so these describe what we and our users use of it.

export type SenecaReply = (error?: unknown, result?: unknown) => void;

/** The `this` of an action and of a plugin: a Seneca instance that knows the call it belongs to. */
export interface Seneca {
  readonly id: string;
  /** Adds an action: `add(pattern, [more of the pattern,] handler)`. */
  add(pattern: string | Message, action: SenecaAction): Seneca;
  add(pattern: string | Message, morePattern: string | Message, action: SenecaAction): Seneca;
  /** Calls an action: `act(message, [more of the message,] [callback])`. */
  act(message: string | Message, reply?: SenecaCallback): Seneca;
  act(message: string | Message, moreMessage: Message, reply?: SenecaCallback): Seneca;
  /** `act` as a promise. */
  post(message: string | Message, moreMessage?: Message): Promise<unknown>;
  /** In an action: calls the action that this one replaced. */
  prior(message: string | Message, reply?: SenecaCallback): void;
  prior(message: string | Message, moreMessage: Message, reply?: SenecaCallback): void;
  use(plugin: SenecaPlugin | SenecaPluginObject | string, options?: unknown): Seneca;
  ready(callback?: (this: Seneca, error?: unknown) => void): Seneca;
  close(callback?: (error?: unknown) => void): Seneca;
  client(options?: unknown): Seneca;
  listen(options?: unknown): Seneca;
  /** Listens to messages that match. */
  sub(pattern: string | Message, listener: (message: Message) => void): Seneca;
  list(pattern?: string | Message): Message[];
  find(pattern: string | Message, options?: { exact?: boolean }): ActionDefinition | undefined;
  export(key: string): unknown;
  error(handler: (error: Error) => void): Seneca;
  delegate(fixedargs?: Message, fixedmeta?: Message): Seneca;
  /** For notes on what this instance works at; every call's `this` has its own. */
  readonly context: Record<string, unknown>;
  readonly log: Record<"debug" | "info" | "warn" | "error", (...data: unknown[]) => void>;
  readonly root: Seneca;
  /** What goes into every message of this instance; `tx$` is the trace id. */
  readonly fixedargs: Record<string, unknown> & { tx$?: string };
  readonly util: { Jsonic(text: string): Message };
  /** In an action: aborts when the caller gave up or its deadline passed. */
  readonly signal?: AbortSignal;
  /** In an action: who the call is made for, checked; undefined when nobody said. */
  readonly identity?: Identity | undefined;
}

export type SenecaCallback = (this: Seneca, error: unknown, result: unknown, meta?: unknown) => void;

/** Replies through `reply`, or is async and returns its result. */
// biome-ignore lint/suspicious/noExplicitAny: what a message holds is known to the action alone
export type SenecaAction = (this: Seneca, message: any, reply: SenecaReply, meta?: unknown) => unknown;

// biome-ignore lint/suspicious/noExplicitAny: options are a plugin's own
export type SenecaPlugin = (this: Seneca, options: any) => unknown;
export interface SenecaPluginObject {
  name: string;
  init?: SenecaPlugin;
  define?: SenecaPlugin;
}

/** An action as Seneca keeps it. */
export interface ActionDefinition {
  readonly id: string;
  readonly pattern: string;
  readonly plugin_name?: string;
  readonly plugin_fullname?: string;
  readonly plugin_tag?: string;
  /** It sends the message elsewhere. */
  readonly client: boolean;
  /** It only listens. */
  readonly sub?: boolean;
  readonly func: unknown;
  /** The pattern as it was written, directives included. */
  readonly raw?: Message;
  /** What it asks of a message's values. */
  readonly rules?: Message;
  readonly gubu?: unknown;
  readonly validate?: unknown;
  /** The action that it replaced. */
  readonly priordef?: ActionDefinition;
}
