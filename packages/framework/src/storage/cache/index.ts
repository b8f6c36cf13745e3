export { type RedisSeenOptions, type RedisSeenPart, redisSeen } from "../seen/redis-seen.js";
export type { Cache, CachePart, EntryOptions, LoadContext, LoadOptions } from "./cache.js";
export { type MemoryCacheOptions, memoryCache } from "./memory-cache.js";
export { type RedisCacheOptions, redisCache } from "./redis-cache.js";
