import { z } from "zod";
import { createGate, createListeners, type Logger, silentLogger } from "../core/index.js";
import { type ConsulHandle, consulError, expectAnswer } from "./consul-client.js";
import { createSettingValues, ownPrefix } from "./setting-values.js";
import type { Snapshot } from "./snapshot.js";
import { createUnlistedSettings, type SettingTexts } from "./unlisted-settings.js";
import { type Answer, watch } from "./watch.js";

export interface SettingsOptions {
  /** It stays open at `stop`: it is its giver's to close. */
  consul: ConsulHandle;
  /** The part of Consul's KV that is followed, and nothing beside it. @default "vastify/" */
  prefix?: string;
  /** No view of Consul is older than this, in milliseconds. @default 12_000 */
  refreshMs?: number;
  /** How long settings stay in use, at most, that Consul has lost, in milliseconds. @default 600_000 */
  keepUnlistedMs?: number;
  /** Keeps the settings too, for a start without Consul; loaded before `start`. It is its giver's to close. @default none */
  snapshot?: Snapshot;
  /** @default silentLogger */
  log?: Logger;
}

/**
 * What operators wrote into Consul's KV, live: one blocking query follows all of it. What a Consul lost that was away or
 * began anew stays in use for a while, or a canary would get all calls; so does what a snapshot holds until Consul answers.
 */
export interface Settings {
  start(): void;
  stop(): Promise<void>;
  /**
   * The JSON at a key, such as `routes/account-server` (without the prefix); undefined when there is none. It is
   * frozen, and the same object for as long as it says the same, so what is made of it may be kept by its identity.
   */
  get(key: string): unknown;
  /** What is wrong with what stands at a key, such as "is not JSON", whether or not an older value is in use for it. */
  problemOf(key: string): string | undefined;
  /** Those of the settings that there are, without the prefix. */
  readonly keys: readonly string[];
  /** Consul's index that all this is as of; undefined until it has answered. */
  readonly index: number | undefined;
  /** Resolves once Consul has answered. */
  readonly known: Promise<void>;
  /** How many are in use though Consul lists them no longer. */
  readonly unlisted: number;
  /** Called after any change. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
  /**
   * Writes what `change` makes of the value at `key`, if nobody else wrote there meanwhile. What it is given is frozen;
   * `undefined` takes the key out, and the same object leaves it alone.
   * @returns false when somebody was faster
   * @throws VastifyError such as `unavailable`, reason `registry_unreachable`
   */
  replace(key: string, change: (now: unknown) => unknown): Promise<boolean>;
}

const entryShape = z.object({ Key: z.string(), Value: z.string().nullish(), ModifyIndex: z.number() });
const entriesShape = z.array(entryShape);

export function createSettings(options: SettingsOptions): Settings {
  const { consul, prefix = ownPrefix, refreshMs = 12_000, keepUnlistedMs = 600_000, snapshot } = options;
  const { log = silentLogger } = options;
  const lifetime = new AbortController();
  const listeners = createListeners();
  const values = createSettingValues(log, prefix);
  const unlisted = createUnlistedSettings({ log, keepMs: keepUnlistedMs, onGone: () => adopt(unlisted.all) });
  let watching: Promise<void> = Promise.resolve();
  const known = createGate();
  let isDoubtful = false;
  let index: number | undefined;

  function adopt(texts: SettingTexts): void {
    if (values.update([...texts].map(([key, text]) => ({ key, text })))) listeners.tell(log);
    if (index !== undefined) snapshot?.save(() => ({ settings: texts }));
  }

  function take(listed: SettingTexts, asOf: number): void {
    // What it said before this start counts only when it was away since: its first answer has the last word otherwise.
    if (index === undefined && isDoubtful) unlisted.take(saved(), false);
    index = asOf;
    adopt(unlisted.take(listed, isDoubtful));
    isDoubtful = false;
    known.open();
  }

  function saved(): SettingTexts {
    return new Map([...(snapshot?.loaded?.settings ?? [])].filter(([key]) => key.startsWith(prefix)));
  }

  async function ask<T>(path: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (thrown) {
      throw consulError(thrown, consul, `the change of ${path}`);
    }
  }

  async function read(path: string): Promise<{ now: unknown; cas: number }> {
    const found = expectAnswer(entryShape.nullish(), await consul.api.kv.get({ key: path }), "a key and its value");
    return found ? { now: values.read(path, found.Value ?? ""), cas: found.ModifyIndex } : { now: undefined, cas: 0 };
  }

  /** @param cas the index that the key must have; 0 when it must not be there */
  async function write(path: string, value: unknown, cas: number): Promise<boolean> {
    if (value !== undefined) return consul.api.kv.set({ key: path, value: JSON.stringify(value), cas });
    return cas === 0 || consul.api.kv.del({ key: path, cas });
  }

  const doubt = (): void => {
    isDoubtful = true;
  };

  return {
    start() {
      adopt(saved());
      watching = watch({
        consul,
        what: `the settings under ${prefix}`,
        query: (request) => consul.api.kv.get({ key: prefix, recurse: true, ...request }),
        read: readEntries,
        signal: lifetime.signal,
        log,
        waitSeconds: Math.max(1, Math.round(refreshMs / 1000)),
        onFailure: doubt,
        onReset: doubt,
        onValue: (entries, asOf) => take(new Map(entries.map(({ Key, Value }) => [Key, Value ?? ""])), asOf),
      });
    },
    async stop() {
      lifetime.abort();
      unlisted.stop();
      await watching;
    },
    get unlisted() {
      return unlisted.size;
    },
    get: (key) => values.get(prefix + key),
    problemOf: (key) => values.problemOf(prefix + key),
    get keys() {
      return values.keys.map((key) => key.slice(prefix.length));
    },
    get index() {
      return index;
    },
    known: known.opened,
    onChange: listeners.add,
    async replace(key, change) {
      const path = prefix + key;
      const { now, cas } = await ask(path, () => read(path));
      const next = change(now);
      return next === now || ask(path, () => write(path, next, cas));
    },
  };
}

/** Nothing under the prefix is answered by 404, with an index like any other answer. */
function readEntries({ status, body }: Answer): z.infer<typeof entriesShape> {
  return status === 404 ? [] : expectAnswer(entriesShape, body, "a list of keys and values");
}
