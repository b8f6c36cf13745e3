import type { Message } from "../core/index.js";

/** Keys by which a careless merge would reach a prototype. */
const poisonous: ReadonlySet<string> = new Set(["__proto__", "constructor"]);

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

/** Whether a JSON text may hold a key that reaches a prototype, written plainly or with escapes. */
export function maySayPrototype(json: string): boolean {
  return json.includes("__proto__") || json.includes('constructor"') || json.includes("\\u");
}

/** Whether a key could reach a prototype. */
export function isPoisonous(key: string): boolean {
  return poisonous.has(key);
}

/** For `JSON.parse`: drops what could reach a prototype, at any depth. */
export function safeReviver(key: string, value: unknown): unknown {
  return poisonous.has(key) ? undefined : value;
}
