import { badOption, type Check, type Message } from "../../core/index.js";

/** Which messages are meant: `{ cmd: "load", role: "*" }`, or the same as text, `cmd:load,role:*`. */
export type PatternLike = Readonly<Record<string, string>> | string;

export interface MessagePattern {
  readonly keys: readonly string[];
  /** In the order of the keys; `*` stands for any value that is there. */
  readonly values: readonly string[];
  /** The same for equal patterns, however they were written. */
  readonly text: string;
}

const expected = 'an object of texts such as { "cmd": "load" }, or a text such as "cmd:load,role:*"';

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export const expectPattern: Check<MessagePattern> = (value, where) => {
  const entries = typeof value === "string" ? entriesOfText(value) : entriesOf(value);
  if (entries === undefined || entries.length === 0) throw badOption(where, value, expected);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const keys = Object.freeze(entries.map(([key]) => key));
  const values = Object.freeze(entries.map(([, wanted]) => wanted));
  return Object.freeze({ keys, values, text: entries.map(([key, wanted]) => `${key}:${wanted}`).join(",") });
};

/** Numbers and truth values match as they are written, as they do in Seneca's patterns. */
export function matchesPattern({ keys, values }: MessagePattern, message: Message): boolean {
  for (let i = 0; i < keys.length; i++) {
    const value = message[keys[i] as string];
    const wanted = values[i];
    if (value === wanted) continue;
    if (value === undefined || value === null) return false;
    if (wanted === "*") continue;
    if (typeof value !== "number" && typeof value !== "boolean") return false;
    if (String(value) !== wanted) return false;
  }
  return true;
}

type Entries = [key: string, value: string][];

function entriesOfText(text: string): Entries | undefined {
  const entries: Entries = [];
  for (const part of text.split(",")) {
    const [, key, quoted, plain] = /^\s*([^\s:"]+)\s*:\s*(?:"([^"]+)"|([^\s"](?:.*[^\s"])?))\s*$/.exec(part) ?? [];
    const value = quoted ?? plain;
    if (key === undefined || value === undefined || entries.some(([known]) => known === key)) return undefined;
    entries.push([key, value]);
  }
  return entries;
}

function entriesOf(value: unknown): Entries | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "")
    ? entries
    : undefined;
}
