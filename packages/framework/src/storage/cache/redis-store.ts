import type { CacheStore, Found } from "./cache-store.js";
import type { Entry, Lifetime } from "./entry.js";
import { createGatheredReads } from "./gathered-reads.js";
import type { MissedDeletions } from "./missed-deletions.js";
import type { CacheClient, RedisLink } from "./redis-link.js";

export interface RedisStoreOptions {
  link: RedisLink;
  keys: RedisKeys;
  missed: MissedDeletions;
  leaseMs: number;
  maxValueBytes: number;
  /** Told of an entry that is not kept, or can't be read. */
  onBadEntry: (key: string, why: string) => void;
}

export type RedisKeys = ReturnType<typeof keysUnder>;

/** Everything of one cache begins with its prefix. */
export function keysUnder(prefix: string) {
  return {
    /** As a pattern of SCAN. */
    all: `${prefix.replace(/[\\[\]?*]/g, "\\$&")}*`,
    values: `${prefix}v:`,
    locks: `${prefix}l:`,
    fence: `${prefix}fence`,
    value: (key: string) => `${prefix}v:${key}`,
    lock: (key: string) => `${prefix}l:${key}`,
    tag: (tag: string) => `${prefix}t:${tag}`,
  };
}

/** Entries as texts that begin with the time they are fresh until, in milliseconds since 1970. */
export function createRedisStore(options: RedisStoreOptions): CacheStore {
  const { link, keys, missed, leaseMs, maxValueBytes, onBadEntry } = options;

  const read = createGatheredReads(link);

  function write(key: string, { text }: Entry, { freshMs, staleMs }: Lifetime) {
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxValueBytes) return { stored: `${Date.now() + freshMs} ${text}`, lifeMs: freshMs + staleMs };
    onBadEntry(key, `${bytes} bytes are over the limit of ${maxValueBytes}`);
    return undefined;
  }

  function parse(key: string, stored: string): Found | undefined {
    const blank = stored.indexOf(" ");
    const freshUntil = Number(stored.slice(0, blank));
    try {
      if (blank > 0 && freshUntil > 0) {
        return { value: JSON.parse(stored.slice(blank + 1)), isFresh: freshUntil > Date.now() };
      }
    } catch {}
    onBadEntry(key, "what Redis holds is no entry of ours");
    // It would stand in the way of a good one.
    void link.ask((client) => client.unlink(keys.value(key)));
    return undefined;
  }

  async function release(key: string, fence: number): Promise<void> {
    await link.ask((client) => client.vastifyRelease(1, keys.lock(key), fence));
  }

  return {
    leaseMs,
    async find(key) {
      const stored = await read(keys.value(key));
      return typeof stored === "string" ? parse(key, stored) : undefined;
    },
    async set(key, entry, lifetime, tags) {
      const written = write(key, entry, lifetime);
      const names = [keys.value(key), keys.lock(key), ...tags.map(keys.tag)];
      const done = written
        ? await link.ask((client) =>
            client.vastifyPut(names.length, ...names, key, written.stored, Math.ceil(written.lifeMs)),
          )
        : await link.ask((client) => forget(client, keys, [key], []));
      // What was there before must not outlive what should have replaced it.
      if (done === undefined) missed.add([key], []);
    },
    async delete(forgotten) {
      if ((await link.ask((client) => forget(client, keys, forgotten, []))) === undefined) missed.add(forgotten, []);
    },
    async deleteTagged(tags) {
      if ((await link.ask((client) => forget(client, keys, [], tags))) === undefined) missed.add([], tags);
    },
    async claim(key, tags) {
      const names = [keys.value(key), keys.lock(key), keys.fence, ...tags.map(keys.tag)];
      const answer = await link.ask((client) =>
        client.vastifyClaim(names.length, ...names, key, Date.now(), Math.ceil(leaseMs)),
      );
      if (answer === undefined) return { kind: "gone" };
      if (typeof answer === "number") return answer === 0 ? { kind: "busy" } : { kind: "mine", fence: answer };
      const found = parse(key, answer);
      return found ? { kind: "found", value: found.value } : { kind: "gone" };
    },
    async renew(key, fence, tags) {
      const names = [keys.lock(key), ...tags.map(keys.tag)];
      await link.ask((client) => client.vastifyRenew(names.length, ...names, fence, Math.ceil(leaseMs), key));
    },
    async keep(key, fence, entry, lifetime, tags) {
      const written = write(key, entry, lifetime);
      if (!written) return release(key, fence);
      const names = [keys.value(key), keys.lock(key), ...tags.map(keys.tag)];
      await link.ask((client) =>
        client.vastifyKeep(names.length, ...names, key, fence, written.stored, Math.ceil(written.lifeMs)),
      );
    },
    release,
  };
}

/** Forgets keys and tags, and breaks the claims on them. */
export async function forget(
  client: CacheClient,
  keys: RedisKeys,
  forgotten: readonly string[],
  tags: readonly string[],
): Promise<true> {
  if (forgotten.length > 0) {
    await client.unlink(...forgotten.flatMap((key) => [keys.value(key), keys.lock(key)]));
  }
  if (tags.length > 0) await client.vastifyForgetTags(tags.length, ...tags.map(keys.tag), keys.values, keys.locks);
  return true;
}

/** Forgets everything but the counter of claims. */
export async function forgetAll(client: CacheClient, keys: RedisKeys): Promise<void> {
  for await (const names of client.scanStream({ match: keys.all, count: 500 })) {
    const found = (names as string[]).filter((name) => name !== keys.fence);
    if (found.length > 0) await client.unlink(...found);
  }
}
