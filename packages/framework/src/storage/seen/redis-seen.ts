import { badOption, type Part, type PartHealth, type SeenMessages, VastifyError } from "../../core/index.js";
import { type CacheClient, createRedisLink, type RedisLink } from "../cache/redis-link.js";
import { createSeen, type SeenStore } from "./seen.js";
import { resolveSeenOptions, type SeenOptions } from "./seen-options.js";

export interface RedisSeenOptions extends SeenOptions {
  /** Where Redis is: `redis://[user:password@]host:port[/db]`, or `rediss:` for TLS. */
  url: string;
  /** What all keys begin with: processes with the same prefix share what they have seen. @default "vastify:seen:" */
  prefix?: string;
  /** How long the start waits for Redis, and a try to connect may take, in milliseconds. @default 2_000 */
  connectTimeoutMs?: number;
  /** How long an answer may take before Redis counts as gone, in milliseconds. @default 500 */
  commandTimeoutMs?: number;
}

/** What was seen, as a part with a connection of its own. */
export interface RedisSeenPart extends Part, SeenMessages {
  health(): PartHealth;
}

const handled = "handled";
const ifOurs = (action: string) => `if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end return ${action}`;
const renewal = ifOurs(`redis.call("PEXPIRE", KEYS[1], ARGV[2])`);
const release = ifOurs(`redis.call("DEL", KEYS[1])`);

/**
 * Remembers in Redis which messages were handled, for all instances: put it among the parts, before the broker, and
 * `consume(handler, { once: seen })`. While Redis is away nothing is handled: messages go back to their queue. A Redis
 * that forgets (no persistence, eviction) forgets this too.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function redisSeen(options: RedisSeenOptions): RedisSeenPart {
  const { url, prefix = "vastify:seen:", connectTimeoutMs = 2_000, commandTimeoutMs = 500 } = options;
  const { keepMs, leaseMs } = resolveSeenOptions("redisSeen", options);
  if (!/^rediss?:\/\/./.test(url)) throw badOption("redisSeen.url", url, 'a URL such as "redis://127.0.0.1:6379"');
  const user = { name: "redisSeen", meanwhile: "messages that are to be handled once wait" };
  const link = createRedisLink({ url, connectTimeoutMs, commandTimeoutMs, user, onReached: async () => {} });
  const keyOf = (id: string) => prefix + id;

  const store: SeenStore = {
    async claim(id, token) {
      const key = keyOf(id);
      const claim = await askOrFail(link, async (client) =>
        (await client.set(key, token, "PX", leaseMs, "NX")) === "OK" ? "first" : ((await client.get(key)) ?? "free"),
      );
      if (claim === "first") return "first";
      return claim === handled ? "handled" : "elsewhere";
    },
    renew: (id, token) => askOrFail(link, (client) => client.eval(renewal, 1, keyOf(id), token, leaseMs)),
    settle: (id, token, isHandled) =>
      askOrFail<unknown>(link, (client) =>
        isHandled ? client.set(keyOf(id), handled, "PX", keepMs) : client.eval(release, 1, keyOf(id), token),
      ),
  };
  return {
    ...createSeen(store, leaseMs),
    name: "redis seen",
    start: link.start,
    stop: link.stop,
    health: () => ({ ok: true, reachable: link.isUp }),
  };
}

/** @throws VastifyError `unavailable`, reason `redis_unreachable` */
async function askOrFail<Answer>(link: RedisLink, command: (client: CacheClient) => Promise<Answer>): Promise<Answer> {
  const answer = await link.ask(command);
  if (answer !== undefined) return answer;
  throw new VastifyError("unavailable", "Redis does not answer, so nobody knows whether a message was handled", {
    reason: "redis_unreachable",
  });
}
