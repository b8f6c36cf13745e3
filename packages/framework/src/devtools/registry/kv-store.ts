import type { KvRecord } from "./records.js";
import type { WriteLog } from "./write-log.js";

/** Keys and values, with the index of each one's last change. */
export interface KvStore {
  get(key: string): KvRecord | undefined;
  /** In the order of their keys. */
  under(prefix: string): readonly KvRecord[];
  indexOf(key: string): number;
  indexUnder(prefix: string): number;
  /** @param cas write only if this is the key's index now; 0 means that it must not be there */
  put(key: string, value: Buffer, options: { flags: number; cas: number | undefined }): boolean;
  remove(key: string, cas?: number): boolean;
  removeUnder(prefix: string): void;
}

export function createKvStore(writes: WriteLog): KvStore {
  const records = new Map<string, KvRecord>();
  // What is gone has no index of its own, so it takes that of the last removal: it never runs backwards.
  let removedAt = 1;

  const under = (prefix: string) =>
    [...records.values()].filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
  const removeAll = (keys: readonly string[]) => {
    if (keys.length === 0) return;
    writes.write((index) => {
      for (const key of keys) records.delete(key);
      removedAt = index;
    });
  };

  return {
    get: (key) => records.get(key),
    under,
    indexOf: (key) => records.get(key)?.modifyIndex ?? removedAt,
    indexUnder: (prefix) => under(prefix).reduce((newest, one) => Math.max(newest, one.modifyIndex), removedAt),
    put(key, value, { flags, cas }) {
      const old = records.get(key);
      if (cas !== undefined && cas !== (old?.modifyIndex ?? 0)) return false;
      if (old?.value.equals(value) && old.flags === flags) return true;
      writes.write((index) => {
        records.set(key, { key, value, flags, createIndex: old?.createIndex ?? index, modifyIndex: index });
      });
      return true;
    },
    remove(key, cas) {
      const old = records.get(key);
      if (cas !== undefined && cas !== old?.modifyIndex) return false;
      removeAll(old ? [key] : []);
      return true;
    },
    removeUnder: (prefix) => removeAll(under(prefix).map(({ key }) => key)),
  };
}
