import { delay, type Logger } from "../core/index.js";

/** The texts of settings, by key. */
export type SettingTexts = ReadonlyMap<string, string>;

export interface UnlistedSettingsOptions {
  readonly log: Logger;
  /** How long a setting is kept that Consul lists no longer, in milliseconds. */
  readonly keepMs: number;
  /** Called when what was kept is to be used no more. */
  readonly onGone: () => void;
  /** @default delay */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Settings that Consul lists no longer. One key that goes is an operator's deletion and counts at once. Several at once,
 * or any after Consul was away or began anew, are as likely a loss: each of those stays until it is written again or its
 * time is over, since they come back key by key.
 */
export interface UnlistedSettings {
  /** What is in force, now that Consul lists these. @param isDoubtful whether Consul was away or began anew */
  take(listed: SettingTexts, isDoubtful: boolean): SettingTexts;
  /** What is in force. */
  readonly all: SettingTexts;
  /** How many are kept now. */
  readonly size: number;
  stop(): void;
}

export function createUnlistedSettings(options: UnlistedSettingsOptions): UnlistedSettings {
  const { log, keepMs, onGone, pause = delay } = options;
  const lifetime = new AbortController();
  const kept = new Map<string, { readonly text: string }>();
  let listed: SettingTexts = new Map();

  async function keep(lost: SettingTexts): Promise<void> {
    const entries = [...lost].map(([key, text]) => [key, { text }] as const);
    for (const [key, entry] of entries) kept.set(key, entry);
    await pause(keepMs, lifetime.signal);
    if (lifetime.signal.aborted) return;
    // A key that was written again and lost again meanwhile has a time of its own.
    const over = entries.filter(([key, entry]) => kept.get(key) === entry).map(([key]) => key);
    for (const key of over) kept.delete(key);
    if (over.length === 0) return;
    log.warn(`${namesOf(over)} not written again within ${keepMs} ms: used no more`);
    onGone();
  }

  const all = (): SettingTexts => new Map([...[...kept].map(([key, { text }]) => [key, text] as const), ...listed]);

  return {
    take(now, isDoubtful) {
      const gone = new Map([...listed].filter(([key]) => !now.has(key)));
      const isLoss = gone.size > 0 && (isDoubtful || gone.size > 1);
      listed = now;
      for (const key of now.keys()) kept.delete(key);
      if (isLoss) {
        log.warn(
          `Consul came back without ${namesOf([...gone.keys()])}: used on until written again, for ${keepMs} ms at most`,
        );
        void keep(gone);
      }
      return all();
    },
    get all() {
      return all();
    },
    get size() {
      return kept.size;
    },
    stop: () => lifetime.abort(),
  };
}

const mostNamed = 5;

function namesOf(keys: readonly string[]): string {
  const named = keys.slice(0, mostNamed).join(", ");
  const more = keys.length > mostNamed ? ` and ${keys.length - mostNamed} more` : "";
  return `${keys.length === 1 ? "the setting" : "the settings"} ${named}${more}`;
}
