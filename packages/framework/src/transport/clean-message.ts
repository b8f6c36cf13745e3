import type { Message } from "../core/index.js";

const poisonous: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * A peer's message without Seneca's directives (top-level keys ending in `$`, which would steer our Seneca) and
 * without keys that could reach a prototype.
 */
export function cleanMessage(message: Readonly<Record<string, unknown>>): Message {
  const clean: Record<string, unknown> = {};
  for (const key of Object.keys(message)) {
    if (!key.endsWith("$") && !poisonous.has(key)) clean[key] = message[key];
  }
  return clean;
}

/** For `JSON.parse`: drops what could reach a prototype at any depth. */
export function safeReviver(key: string, value: unknown): unknown {
  return poisonous.has(key) ? undefined : value;
}
