import type { MessageDescription, SocketDescription } from "../../contracts/index.js";
import type { KeepSchema } from "./place-schema.js";

type Json = Readonly<Record<string, unknown>>;

/**
 * What is said of a route that is a WebSocket. OpenAPI has no words for its messages: people read them in the
 * description, programs in `x-vastify-socket`.
 */
export function socketParts(
  { receives, sends, maxBytes }: SocketDescription,
  of: string,
  keep: KeepSchema,
): { readonly description: string; readonly parts: Json } {
  const message = ({ kind, schema }: MessageDescription, side: string): Json => ({
    kind,
    ...(schema && { schema: keep(`${of}.${side}`, schema) }),
  });
  const socket = { receives: message(receives, "receives"), sends: message(sends, "sends"), maxBytes };
  return {
    description: `A WebSocket: it takes ${nameOf(receives)} and sends ${nameOf(sends)}, each at most ${maxBytes} bytes. It can't be tried from this page.`,
    parts: { "x-vastify-socket": socket },
  };
}

function nameOf({ kind }: MessageDescription): string {
  return kind === "json" ? "JSON texts" : kind === "text" ? "texts" : "bytes";
}
