import type { Redis } from "ioredis";
import { backoffMs, delay, type Logger, type PartContext, silentLogger, VastifyError } from "../../core/index.js";
import { type CacheScripts, defineScripts } from "./redis-scripts.js";

export type CacheClient = Redis & CacheScripts;

export interface RedisLinkOptions {
  url: string;
  connectTimeoutMs: number;
  commandTimeoutMs: number;
  /** Whose connection it is, for its words: `redisCache`, and what happens `meanwhile`. */
  user: { readonly name: string; readonly meanwhile: string };
  /** What must be done whenever Redis is reached, before it is used. */
  onReached: (client: CacheClient) => Promise<void>;
}

/** A connection to a Redis that may be gone at any time, which never is an error. */
export interface RedisLink {
  readonly isUp: boolean;
  start(context: PartContext): Promise<void>;
  stop(): Promise<void>;
  /** What Redis answers; undefined when it is gone, does not answer in time, or refuses. */
  ask<Answer>(command: (client: CacheClient) => Promise<Answer>): Promise<Answer | undefined>;
}

/** It says once that Redis is gone and once that it is back, and comes back by itself. */
export function createRedisLink(options: RedisLinkOptions): RedisLink {
  const { url, connectTimeoutMs, commandTimeoutMs, user, onReached } = options;
  const address = withoutPassword(url);
  const refusals = new Set<string>();
  let log: Logger = silentLogger;
  let client: CacheClient | undefined;
  let isUp = false;
  let isSaid = false;
  let lastError = "it does not answer";

  function sayGone(): void {
    isUp = false;
    if (isSaid) return;
    isSaid = true;
    log.warn(`Redis at ${address} is gone (${lastError}): ${user.meanwhile} until it is back`);
  }

  async function reach(redis: CacheClient): Promise<void> {
    try {
      await onReached(redis);
      if (redis.status !== "ready") return;
      isUp = true;
      // What came between the last look and now.
      await onReached(redis);
      if (isSaid) log.info(`Redis at ${address} is back`);
      isSaid = false;
    } catch (error) {
      isUp = false;
      lastError = (error as Error).message;
      redis.disconnect(true);
    }
  }

  /** A refusal, such as for want of memory, leaves the connection alone; anything else is a Redis that can't be used. */
  function take(error: unknown): void {
    const { name, message } = error as Error;
    if (name === "ReplyError") {
      const [kind = ""] = message.split(" ", 1);
      if (!refusals.has(kind)) log.warn(`Redis at ${address} refuses what ${user.name} asks: ${message}`);
      refusals.add(kind);
      return;
    }
    if (!isUp) return;
    lastError = message;
    sayGone();
    // A connection that went silent may stay so for minutes; a new one tells sooner.
    client?.disconnect(true);
  }

  return {
    get isUp() {
      return isUp;
    },
    async start(context) {
      log = context.log;
      const { Redis } = await loadPackage(user.name);
      const redis = new Redis(url, {
        lazyConnect: true,
        connectTimeout: connectTimeoutMs,
        commandTimeout: commandTimeoutMs,
        maxRetriesPerRequest: 0,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
        // After a fail-over the old master still answers, and takes no writes.
        reconnectOnError: (error) => error.message.startsWith("READONLY"),
        retryStrategy: (attempt) => 20 + backoffMs(attempt, { baseMs: 50, maxMs: 1_000 }),
      });
      client = defineScripts(redis);
      const reached = new Promise<void>((resolve) => {
        redis.on("ready", () => void reach(redis as CacheClient).then(resolve));
      });
      redis.on("error", (error: Error) => {
        lastError = error.message;
      });
      redis.on("close", sayGone);
      redis.connect().catch(() => {});
      // It is no reason to keep a service from starting.
      await Promise.race([reached, delay(connectTimeoutMs, context.signal)]);
      if (!isUp) sayGone();
    },
    async stop() {
      const redis = client;
      client = undefined;
      if (!redis) return;
      isSaid = true;
      isUp = false;
      await Promise.race([redis.quit().catch(() => {}), delay(commandTimeoutMs)]);
      redis.disconnect();
    },
    async ask(command) {
      if (!isUp || !client) return undefined;
      try {
        return await command(client);
      } catch (error) {
        take(error);
        return undefined;
      }
    },
  };
}

async function loadPackage(user: string): Promise<Pick<typeof import("ioredis"), "Redis">> {
  try {
    return await import("ioredis");
  } catch (cause) {
    const message = `${user} needs the package ioredis, which is not installed: npm install ioredis`;
    throw new VastifyError("failed_precondition", message, { reason: "part_failed", cause });
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
