import { isDeepStrictEqual } from "node:util";
import { deepFreeze, isDeeperThan, type Logger } from "../core/index.js";

export interface SettingText {
  readonly key: string;
  readonly text: string;
}

/** The parsed values of settings, each the same frozen object for as long as it says the same. */
export interface SettingValues {
  get(key: string): unknown;
  /** Takes over what there is now. @returns whether any value changed */
  update(texts: readonly SettingText[]): boolean;
  /** Of those that have a value. */
  readonly keys: readonly string[];
  /** What is wrong with what stands at a key, whether or not an older value is in use for it. */
  problemOf(key: string): string | undefined;
  /** What `text` means at `key`, without taking it over. */
  read(key: string, text: string): unknown;
}

interface Kept {
  readonly text: string;
  readonly value: unknown;
  readonly problem?: string;
}

/** Where the framework's own settings are. */
export const ownPrefix = "vastify/";

/** The first parts of the keys there that anybody reads. */
const firstParts: ReadonlySet<string> = new Set(["chaos", "consumers", "policies", "routes"]);

/** Deeper than any setting, and far from what a recursive walk can bear. */
const maxDepth = 100;

/** @param prefix what all keys begin with, such as "vastify/" */
export function createSettingValues(log: Logger, prefix: string): SettingValues {
  const isRead = (key: string) =>
    prefix !== ownPrefix || firstParts.has(key.slice(prefix.length).split("/", 1)[0] as string);
  let kept: ReadonlyMap<string, Kept> = new Map();

  /** Broken JSON is told of once, and the last good value stays. */
  function keep({ key, text }: SettingText): Kept {
    const known = kept.get(key);
    if (known?.text === text) return known;
    if (!known && !isRead(key))
      log.warn(`nobody reads the setting ${key}: its first part must be chaos, consumers, policies or routes`);
    const parsed = parse(text);
    if ("problem" in parsed) {
      log.warn(`the setting ${key} ${parsed.problem}; ${known ? "what it said before stays in use" : "it is ignored"}`);
      return { text, value: known?.value, problem: parsed.problem };
    }
    return { text, value: isDeepStrictEqual(parsed.value, known?.value) ? known?.value : deepFreeze(parsed.value) };
  }

  return {
    get: (key) => kept.get(key)?.value,
    update(texts) {
      const before = kept;
      // A key that ends in a slash is how Consul's own pages draw a folder.
      kept = new Map(texts.filter(({ key }) => !key.endsWith("/")).map((one) => [one.key, keep(one)]));
      const keys = new Set([...before.keys(), ...kept.keys()]);
      return [...keys].some((key) => before.get(key)?.value !== kept.get(key)?.value);
    },
    get keys() {
      return [...kept].filter(([, { value }]) => value !== undefined).map(([key]) => key);
    },
    problemOf: (key) => kept.get(key)?.problem,
    read(key, text) {
      const known = kept.get(key);
      if (known?.text === text) return known.value;
      const parsed = parse(text);
      return "problem" in parsed ? known?.value : deepFreeze(parsed.value);
    },
  };
}

function parse(text: string): { value: unknown } | { problem: string } {
  if (isDeeperThan(text, maxDepth)) return { problem: `is nested deeper than ${maxDepth} levels` };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: "is not JSON" };
  }
}
