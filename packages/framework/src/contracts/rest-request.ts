import type { Message } from "../core/index.js";
import type { ContractAction } from "./action.js";
import { hasField, jsonSchemaOf } from "./json-schema.js";

/** What a REST request brings, in a message's `args`. */
export interface RestRequest {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly headers?: unknown;
}

/** By lower-case names. */
export type RequestHeaders = Readonly<Record<string, string>>;

export function isRestRequest(args: unknown): args is RestRequest {
  return typeof args === "object" && args !== null && ("params" in args || "query" in args || "body" in args);
}

/** Reads the headers of the request that a message carries; none for a message that carries no request. */
export function headersOf({ input }: ContractAction): (message: Message) => RequestHeaders {
  // Such a field is the action's own, and no request.
  if (hasField(jsonSchemaOf(input, "input"), "args")) return () => ({});
  return ({ args }) => {
    if (!isRestRequest(args) || typeof args.headers !== "object" || args.headers === null) return {};
    // Any peer may have written them.
    return Object.fromEntries(Object.entries(args.headers).filter(([, value]) => typeof value === "string"));
  };
}
