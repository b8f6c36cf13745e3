import type { Message } from "../core/index.js";
import type { SenecaCallback } from "./seneca-types.js";

/** `act(message, [more of the message,] [callback])`, as an action's author writes it. */
export interface WrittenCall {
  readonly message: Message;
  readonly callback: SenecaCallback | undefined;
}

type MoreOrCallback = Message | SenecaCallback | null | undefined;

/** What the first message says wins over the second, as in Seneca. */
export function readCall(
  parse: (text: string) => Message,
  text: string | Message,
  more: MoreOrCallback,
  callback?: SenecaCallback,
): WrittenCall {
  const message = typeof text === "string" ? parse(text) : text;
  if (typeof more === "function") return { message, callback: more };
  return { message: typeof more === "object" && more !== null ? { ...more, ...message } : message, callback };
}
