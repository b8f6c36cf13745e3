import type { CacheClient } from "./redis-link.js";

/** What could not be forgotten while Redis was gone. */
export interface MissedDeletions {
  add(keys: readonly string[], tags: readonly string[]): void;
  /** Forgets it now. @throws when Redis fails: what is missed stays missed */
  replay(client: CacheClient): Promise<void>;
}

export interface MissedDeletionsOptions {
  forget: (client: CacheClient, keys: readonly string[], tags: readonly string[]) => Promise<unknown>;
  forgetAll: (client: CacheClient) => Promise<unknown>;
  /** When more is missed, all is forgotten. */
  maxMissed: number;
}

/** A Redis that was only cut off comes back with what should have been forgotten meanwhile. */
export function createMissedDeletions({ forget, forgetAll, maxMissed }: MissedDeletionsOptions): MissedDeletions {
  let keys = new Set<string>();
  let tags = new Set<string>();
  let tooMany = false;

  function add(moreKeys: readonly string[], moreTags: readonly string[]): void {
    if (tooMany) return;
    for (const key of moreKeys) keys.add(key);
    for (const tag of moreTags) tags.add(tag);
    if (keys.size + tags.size <= maxMissed) return;
    tooMany = true;
    keys = new Set();
    tags = new Set();
  }

  return {
    add,
    async replay(client) {
      while (tooMany || keys.size + tags.size > 0) {
        const missed = { keys: [...keys], tags: [...tags], tooMany };
        keys = new Set();
        tags = new Set();
        tooMany = false;
        try {
          if (missed.tooMany) await forgetAll(client);
          else await forget(client, missed.keys, missed.tags);
        } catch (error) {
          if (missed.tooMany) tooMany = true;
          else add(missed.keys, missed.tags);
          throw error;
        }
      }
    },
  };
}
