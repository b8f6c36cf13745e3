import type { Part } from "vastify";
import { memoryCache, redisCache } from "vastify/storage/cache";
import type { User } from "../contract.js";
import { toUser, type UserModel } from "./user.js";

/** A user as others see it, and which version of it that is. */
export interface CachedUser {
  readonly user: User;
  readonly version: number;
}

/** Users by id, kept for a while. */
export interface UserCache {
  readonly part: Part;
  /** Null when there is no such user. */
  load(id: string): Promise<CachedUser | null>;
  /** To be called after every change. */
  forget(id: string): Promise<void>;
}

// Other instances' changes reach Redis, but not another's memory.
const sharedMs = 60_000;
const ownMs = 1_000;

export function createUserCache(users: UserModel, redisUrl: string | undefined): UserCache {
  const cache = redisUrl === undefined ? memoryCache() : redisCache({ url: redisUrl, prefix: "account-server:user:" });
  const ttlMs = redisUrl === undefined ? ownMs : sharedMs;
  return {
    part: cache,
    load: (id) =>
      cache.load<CachedUser | null>(
        id,
        async () => {
          const found = await users.findById(id);
          return found && { user: toUser(found), version: found.version };
        },
        { ttlMs },
      ),
    forget: (id) => cache.delete(id),
  };
}
