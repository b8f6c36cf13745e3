import { createHash } from "node:crypto";
import { type CacheRules, type Contract, type ContractAction, fillTags } from "../contracts/index.js";
import { type Logger, type Message, VastifyError } from "../core/index.js";
import type { Seneca } from "./seneca-types.js";

/** Keeps outputs for a while; `memoryCache` and `redisCache` of `vastify/storage/cache` do. */
export interface ActionCache {
  /** What is kept under the key; else what the loader gives, which is kept then. */
  load<Value>(
    key: string,
    loader: () => Promise<Value>,
    options: { readonly ttlMs: number; readonly tags: readonly string[]; readonly timeoutMs: number },
  ): Promise<Value>;
  /** Forgets what has one of the tags, and keeps nothing that was loaded before. */
  deleteTagged(...tags: readonly string[]): Promise<void>;
}

export interface ActionCaching {
  readonly store: ActionCache;
  /** No output is used again for longer, in milliseconds, whatever its action says. */
  readonly maxTtlMs: number;
}

/** Runs an action for a checked input, and checks its output. */
export type RunAction = (seneca: Seneca, message: Message, input: unknown) => unknown;

export interface CachedAction {
  readonly contract: Contract;
  readonly action: ContractAction;
  readonly caching: ActionCaching;
  readonly log: Logger;
}

/** The same action with what its contract says of caches: its output is kept, or it makes others be forgotten. */
export function withCaching(run: RunAction, cached: CachedAction): RunAction {
  const { cache, forgets } = cached.action;
  const kept = cache ? keepOutput(run, cached, cache) : run;
  return forgets ? forgetAfter(kept, cached, forgets) : kept;
}

function keepOutput(run: RunAction, { contract, action, caching }: CachedAction, rules: CacheRules): RunAction {
  const { store, maxTtlMs } = caching;
  const { keys, tags = [] } = rules;
  const ttlMs = Math.min(rules.ttlMs, maxTtlMs);
  // Another version may give something else.
  const prefix = `${contract.target}@${contract.version}.${action.name}:`;
  // The call's own deadline ends the action; this only bounds the wait for somebody else's.
  const timeoutMs = action.timeoutMs ?? 60_000;

  return async (seneca, message, input) => {
    let isOurs = false;
    const loader = async () => {
      isOurs = true;
      return run(seneca, message, input);
    };
    try {
      return await store.load(prefix + keyOf(input, keys), loader, { ttlMs, tags: fillTags(tags, input), timeoutMs });
    } catch (thrown) {
      // Another call gave up while we waited for its output: that is no answer to ours.
      const isGivenUp = VastifyError.is(thrown) && (thrown.code === "canceled" || thrown.code === "deadline_exceeded");
      if (isGivenUp && !isOurs) return run(seneca, message, input);
      throw thrown;
    }
  };
}

/** After a failure too: it may have changed something all the same. */
function forgetAfter(run: RunAction, { caching, log }: CachedAction, tags: readonly string[]): RunAction {
  return async (seneca, message, input) => {
    try {
      return await run(seneca, message, input);
    } finally {
      await caching.store
        .deleteTagged(...fillTags(tags, input))
        .catch((err: unknown) => log.error("cached outputs could not be forgotten", { err, tags }));
    }
  };
}

const longestKey = 200;

/** The same text for the same fields, in whatever order they came. */
function keyOf(input: unknown, keys: readonly string[] | undefined): string {
  const fields = Object(input) as Readonly<Record<string, unknown>>;
  const picked = keys ? Object.fromEntries(keys.map((key) => [key, fields[key]])) : fields;
  const text = JSON.stringify(picked, inOrder);
  return text.length <= longestKey ? text : createHash("sha256").update(text).digest("base64url");
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
