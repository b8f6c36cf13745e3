const lineWidth = 120;

/**
 * A value as JavaScript, on one line where it fits and else on several.
 * @param indent the blanks before the line that it begins on
 * @param used how much of that line others use
 */
export function literal(value: unknown, indent = 0, used = indent): string {
  const line = onOneLine(value);
  if (used + line.length <= lineWidth || typeof value !== "object" || value === null) return line;
  const inner = " ".repeat(indent + 2);
  const lines = Array.isArray(value)
    ? value.map((item) => `${inner}${literal(item, indent + 2)},`)
    : Object.entries(value).map(([key, item]) => {
        const start = `${inner}${keyOf(key)}: `;
        // A comma follows.
        return `${start}${literal(item, indent + 2, start.length + 1)},`;
      });
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${lines.join("\n")}\n${" ".repeat(indent)}${close}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => `${keyOf(key)}: ${onOneLine(item)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function keyOf(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}
