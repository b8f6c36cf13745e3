import type { Message } from "../core/index.js";
import type { Exchange } from "./exchange.js";
import { queryOf } from "./replies/last-event-id.js";

// What decides on an action's answer. None can hold a secret: all of `args` may be logged and travels to other processes.
const travelling = ["accept-language", "if-match", "if-none-match"] as const;

/** What an action that a route leads to finds in its message's `args`. */
export interface ActionArgs {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** Those of the request's headers that travel, by their lower-case names; absent without any. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function argsOf(ctx: Exchange, params: ActionArgs["params"], body: unknown): ActionArgs {
  const query = queryOf(ctx);
  const headers = headersOf(ctx);
  return headers === undefined ? { params, query, body } : { params, query, body, headers };
}

function headersOf(ctx: Exchange): Readonly<Record<string, string>> | undefined {
  let headers: Record<string, string> | undefined;
  for (const name of travelling) {
    const value = ctx.headers[name];
    if (typeof value !== "string" || value === "") continue;
    headers ??= {};
    headers[name] = value;
  }
  return headers;
}

/**
 * What a route says of a message beside the `args` of its requests, which win: an action that is chosen by `args` would
 * never see them. To be spread behind them, since a spread costs a tenth where nothing follows it.
 */
export function keysBesideArgs({ args: _, ...keys }: Message): Message {
  return keys;
}
