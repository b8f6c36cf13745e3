/** A text as YAML that means just this text. */
export function quoted(text: string | number): string {
  return JSON.stringify(String(text));
}

/** A block of lines, each after so many blanks. */
export function block(lines: readonly string[], blanks: number): string {
  return lines.map((line) => `${" ".repeat(blanks)}${line}`).join("\n");
}
