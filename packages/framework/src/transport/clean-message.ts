import type { Message } from "../core/index.js";

const poisonous: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * A message without Seneca's directives (top-level keys ending in `$`, which would steer a Seneca) and without keys
 * that could reach a prototype. Almost all messages have none and are given back as they are.
 */
export function cleanMessage(message: Message): Message {
  for (const key in message) if (isUnclean(key)) return withoutUnclean(message);
  return message;
}

function isUnclean(key: string): boolean {
  return key.charCodeAt(key.length - 1) === 36 || poisonous.has(key);
}

function withoutUnclean(message: Message): Message {
  const clean: Record<string, unknown> = {};
  for (const key of Object.keys(message)) if (!isUnclean(key)) clean[key] = message[key];
  return clean;
}

/** For `JSON.parse`: drops what could reach a prototype at any depth. */
export function safeReviver(key: string, value: unknown): unknown {
  return poisonous.has(key) ? undefined : value;
}

/** Whether a JSON text may hold a key that reaches a prototype, written plainly or with escapes. */
export function maySayPrototype(json: string): boolean {
  return (
    json.includes("__proto__") || json.includes('constructor"') || json.includes('prototype"') || json.includes("\\u")
  );
}
