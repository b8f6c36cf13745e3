/** Freezes lists and plain objects, with all of those in them, and gives the value back. */
export function deepFreeze<Value>(value: Value): Value {
  if (!isListOrPlain(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

/** Others, such as bytes, may not bear it. */
function isListOrPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
