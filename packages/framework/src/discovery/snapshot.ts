import semver from "semver";
import { z } from "zod";
import { delay, type Logger, readKeptFile, replaceFile } from "../core/index.js";
import type { Instance } from "./instance.js";

/** What a cold start without Consul needs to know. */
export interface SnapshotContents {
  /** Every target registered with our tag. */
  readonly targets: readonly string[];
  /** Those alive when it was saved, by target. */
  readonly instances: ReadonlyMap<string, readonly Instance[]>;
  /** The texts of Consul's KV, by key. */
  readonly settings: ReadonlyMap<string, string>;
}

export interface LoadedSnapshot extends SnapshotContents {
  /** When it was saved, as `Date.now()` counts. */
  readonly savedAtMs: number;
}

export interface SnapshotOptions {
  /** Nothing is kept without one. */
  readonly path: string | undefined;
  readonly log: Logger;
  /** @default delay */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What is known, kept in a file of this process. Whatever is wrong with the file is logged and never thrown. */
export interface Snapshot {
  load(): void;
  readonly loaded: LoadedSnapshot | undefined;
  /**
   * Takes over a part of what is known; the others stay. Writes what differs from the file, once a second at most, and
   * nothing before it was told of targets and instances.
   */
  save(news: () => Partial<SnapshotContents> | undefined): void;
  /** Resolves when the last of it is written. */
  stop(): Promise<void>;
}

const leastPauseMs = 1_000;
const format = "vastify-snapshot";

const port = z.number().int().min(0).max(65_535);
const instanceShape = z
  .object({
    id: z.string(),
    target: z.string(),
    version: z.string().refine((text) => semver.valid(text) !== null),
    host: z.string().min(1),
    httpPort: port,
    endpoint: z
      .object({ host: z.string().min(1), port, protocols: z.array(z.string()), queue: z.string().optional() })
      .nullable(),
    description: z.string().optional(),
    zone: z.string().optional(),
  })
  // The same keys as one that was read from Consul, so that the two are equal when they say the same.
  .transform(({ description, zone, ...rest }): Instance => ({ ...rest, description, zone }));

const fileShape = z.object({
  format: z.literal(format),
  version: z.union([z.literal(1), z.literal(2)]),
  savedAt: z.iso.datetime(),
  targets: z.array(z.string()),
  instances: z.record(z.string(), z.array(instanceShape)),
  /** Version 1 had none. */
  settings: z.record(z.string(), z.string()).default({}),
});

export function createSnapshot(options: SnapshotOptions): Snapshot {
  const { path, log, pause = delay } = options;
  const lifetime = new AbortController();
  let loaded: LoadedSnapshot | undefined;
  let current: Partial<SnapshotContents> = {};
  let written = "";
  let wanted = "";
  let writing: Promise<void> | undefined;
  let isTold = false;

  async function write(file: string): Promise<void> {
    while (wanted !== written) {
      const text = wanted;
      const isWritten = await writeContents(file, text);
      if (isWritten || lifetime.signal.aborted) written = text;
      await pause(leastPauseMs, lifetime.signal);
    }
    writing = undefined;
  }

  async function writeContents(file: string, contents: string): Promise<boolean> {
    const head = JSON.stringify({ format, version: 2, savedAt: new Date().toISOString() });
    try {
      await replaceFile(file, `${head.slice(0, -1)},${contents.slice(1)}\n`);
      isTold = false;
      return true;
    } catch (err) {
      if (!isTold) log.warn(`the snapshot ${file} can't be written; trying again`, { err });
      isTold = true;
      return false;
    }
  }

  return {
    get loaded() {
      return loaded;
    },
    load() {
      if (path === undefined) return;
      const read = readSnapshot(path);
      if (typeof read === "string") log.warn(`the snapshot ${path} is ignored: ${read}`);
      else loaded = read;
    },
    save(news) {
      if (path === undefined || lifetime.signal.aborted) return;
      current = { ...current, ...news() };
      const { targets, instances, settings = loaded?.settings ?? new Map() } = current;
      if (targets === undefined || instances === undefined) return;
      const maps = { instances: Object.fromEntries(instances), settings: Object.fromEntries(settings) };
      wanted = JSON.stringify({ targets, ...maps });
      writing ??= write(path);
    },
    async stop() {
      lifetime.abort();
      await writing;
    },
  };
}

/** What the file holds, nothing when there is none yet, or what is wrong with it. */
function readSnapshot(path: string): LoadedSnapshot | undefined | string {
  const read = (value: unknown) => {
    const { savedAt, targets, instances, settings } = fileShape.parse(value);
    return {
      ...{ savedAtMs: Date.parse(savedAt), targets },
      ...{ instances: new Map(Object.entries(instances)), settings: new Map(Object.entries(settings)) },
    };
  };
  return readKeptFile(path, read, "it is not a snapshot that this version has written");
}
