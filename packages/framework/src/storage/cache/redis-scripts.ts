/** The part of ioredis that runs scripts. */
interface ScriptRunner {
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void;
}

// A member of a tag's sorted set is a key, scored by when its entry is gone for sure.
const linkTags = `
local function linkTags(first, key, lifeMs)
  if first > #KEYS then return end
  local time = redis.call("TIME")
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for i = first, #KEYS do
    redis.call("ZREMRANGEBYSCORE", KEYS[i], "-inf", now)
    redis.call("ZADD", KEYS[i], "GT", now + lifeMs, key)
    local last = redis.call("ZREVRANGE", KEYS[i], 0, 0, "WITHSCORES")
    redis.call("PEXPIREAT", KEYS[i], string.format("%.0f", last[2]))
  end
end
`;

/**
 * KEYS: value, lock, counter, tags. ARGV: key, now, leaseMs. Gives the fresh entry, or the claim's number, or 0 when
 * another holds it. The key is linked to its tags at once, so that forgetting a tag breaks the claim. The counter
 * starts at the time, so that a Redis that lost it never gives a number again.
 */
const claim = `${linkTags}
local stored = redis.call("GET", KEYS[1])
if stored and (tonumber(string.match(stored, "^%d+")) or 0) > tonumber(ARGV[2]) then return stored end
if redis.call("EXISTS", KEYS[2]) == 1 then return 0 end
if redis.call("EXISTS", KEYS[3]) == 0 then
  local time = redis.call("TIME")
  redis.call("SET", KEYS[3], time[1] .. string.format("%06d", time[2]))
end
local fence = redis.call("INCR", KEYS[3])
redis.call("SET", KEYS[2], string.format("%.0f", fence), "PX", ARGV[3])
linkTags(4, ARGV[1], tonumber(ARGV[3]))
return fence
`;

/** KEYS: value, lock, tags. ARGV: key, fence, text, lifeMs. */
const keep = `${linkTags}
if redis.call("GET", KEYS[2]) ~= ARGV[2] then return 0 end
redis.call("SET", KEYS[1], ARGV[3], "PX", ARGV[4])
redis.call("DEL", KEYS[2])
linkTags(3, ARGV[1], tonumber(ARGV[4]))
return 1
`;

/** KEYS: value, lock, tags. ARGV: key, text, lifeMs. */
const put = `${linkTags}
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
redis.call("DEL", KEYS[2])
linkTags(3, ARGV[1], tonumber(ARGV[3]))
return 1
`;

/** KEYS: lock, tags. ARGV: fence, leaseMs, key. */
const renew = `${linkTags}
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("PEXPIRE", KEYS[1], ARGV[2])
linkTags(2, ARGV[3], tonumber(ARGV[2]))
return 1
`;

/** KEYS: lock. ARGV: fence. */
const release = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])
`;

/** KEYS: tags. ARGV: what a value's and a lock's key begin with. */
const forgetTags = `
for _, tag in ipairs(KEYS) do
  for _, key in ipairs(redis.call("ZRANGE", tag, 0, -1)) do
    redis.call("UNLINK", ARGV[1] .. key, ARGV[2] .. key)
  end
  redis.call("UNLINK", tag)
end
return 1
`;

/**
 * KEYS: one. ARGV: limit, windowMs. The generic cell rate algorithm, as the gateway's own store has it: what is kept is
 * the time when the key will have used up nothing.
 */
const take = `
local time = redis.call("TIME")
local now = time[1] * 1000 + time[2] / 1000
local window = tonumber(ARGV[2])
local each = window / tonumber(ARGV[1])
local arrival = math.max(tonumber(redis.call("GET", KEYS[1]) or now) or now, now)
local retry = arrival + each - now - window
local allowed = retry <= each / 2000
local used = arrival - now
if allowed then
  used = used + each
  redis.call("SET", KEYS[1], string.format("%.3f", now + used), "PX", math.ceil(used))
  retry = 0
end
local remaining = math.max(0, math.floor((window - used) / each + 0.0005))
return { allowed and 1 or 0, remaining, string.format("%.3f", used), string.format("%.3f", retry) }
`;

/** What the scripts look like once they are defined; the first argument is how many keys follow. */
export interface CacheScripts {
  vastifyClaim(...args: readonly (string | number)[]): Promise<string | number>;
  vastifyKeep(...args: readonly (string | number)[]): Promise<number>;
  vastifyPut(...args: readonly (string | number)[]): Promise<number>;
  vastifyRenew(...args: readonly (string | number)[]): Promise<number>;
  vastifyRelease(...args: readonly (string | number)[]): Promise<number>;
  vastifyForgetTags(...args: readonly (string | number)[]): Promise<number>;
  vastifyTake(...args: readonly (string | number)[]): Promise<readonly (string | number)[]>;
}

/** Each step that looks and then writes is a script, since only scripts can't be interrupted. */
export function defineScripts<Client extends ScriptRunner>(client: Client): Client & CacheScripts {
  client.defineCommand("vastifyClaim", { lua: claim });
  client.defineCommand("vastifyKeep", { lua: keep });
  client.defineCommand("vastifyPut", { lua: put });
  client.defineCommand("vastifyRenew", { lua: renew });
  client.defineCommand("vastifyRelease", { lua: release });
  client.defineCommand("vastifyForgetTags", { lua: forgetTags });
  client.defineCommand("vastifyTake", { lua: take });
  return client as Client & CacheScripts;
}
