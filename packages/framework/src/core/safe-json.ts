/** Keys by which a careless merge would reach a prototype. */
const poisonous: ReadonlySet<string> = new Set(["__proto__", "constructor"]);

/** Whether a JSON text may hold a key that reaches a prototype, written plainly or with escapes. */
export function maySayPrototype(json: string): boolean {
  return json.includes("__proto__") || saysConstructor(json) || json.includes("\\u");
}

/** Its end first, at half the price: a text is searched for a first character, and most hold many a "c". */
function saysConstructor(json: string): boolean {
  return json.includes('uctor"') && json.includes('constructor"');
}

/** Whether a key could reach a prototype. */
export function isPoisonous(key: string): boolean {
  return poisonous.has(key);
}

/** For `JSON.parse`: drops what could reach a prototype, at any depth. */
export function safeReviver(key: string, value: unknown): unknown {
  return poisonous.has(key) ? undefined : value;
}

/**
 * Reads JSON that a stranger wrote, without what could reach a prototype.
 * @throws SyntaxError when it is not JSON
 */
export function parseSafely(json: string): unknown {
  return JSON.parse(json, maySayPrototype(json) ? safeReviver : undefined);
}
