import type { Message } from "../core/index.js";

/**
 * A message without Seneca's directives: top-level keys ending in `$`, which would steer a Seneca. Almost all messages
 * have none and are given back as they are.
 */
export function withoutDirectives(message: Message): Message {
  for (const key in message)
    if (isDirective(key)) return Object.fromEntries(Object.entries(message).filter(([name]) => !isDirective(name)));
  return message;
}

function isDirective(key: string): boolean {
  return key.charCodeAt(key.length - 1) === 36;
}
