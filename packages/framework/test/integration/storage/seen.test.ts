import { describe, expect, it, onTestFinished } from "vitest";
import { redisSeen } from "../../../src/storage/cache/index.js";
import { mongoSeen } from "../../../src/storage/index.js";
import { type SeenMessages, silentLogger } from "../../support/framework.js";
import { amqpUrl, startRabbit } from "../../support/messaging.js";
import { mongoUri, startMongo, unaborted } from "../../support/mongo.js";
import { newPrefix, redisUrl } from "../../support/redis.js";
import { uniqueName, until } from "../../support/services.js";

interface Process {
  readonly seen: SeenMessages;
  /** It is cut off: nothing of what it reserved is renewed. */
  die(): Promise<void>;
}

interface Options {
  leaseMs?: number;
  keepMs?: number;
}

/** Gives processes that see the same. */
type Kind = () => (options?: Options) => Promise<Process>;

const inMongo: Kind = () => {
  const dbName = uniqueName("vastify-test");
  return async (options) => {
    const database = await startMongo(dbName);
    return { seen: mongoSeen(database.connection, options), die: () => database.stop() };
  };
};

const inRedis: Kind = () => {
  const prefix = newPrefix();
  return async (options) => {
    const seen = redisSeen({ url: redisUrl, prefix, ...options });
    onTestFinished(() => seen.stop());
    await seen.start({ log: silentLogger, signal: unaborted() });
    return { seen, die: () => seen.stop() };
  };
};

describe.each<[string, string, Kind]>([
  ["MongoDB", mongoUri, inMongo],
  ["Redis", redisUrl, inRedis],
])("what was seen, in %s", (_, uri, kind) => {
  describe.skipIf(!uri)("shared by processes", () => {
    it("is for one of them, and for none once it was handled", async () => {
      const start = kind();
      const processes = [await start(), await start(), await start()];
      const claims = await Promise.all(processes.map(({ seen }) => seen.claim("a")));
      expect(claims.sort()).toEqual(["elsewhere", "elsewhere", "first"]);
      // Who has not reserved it settles nothing.
      const [outsider] = [await start()];
      await outsider.seen.settle("a", false);
      expect(await outsider.seen.claim("a")).toBe("elsewhere");
      for (const { seen } of processes) await seen.settle("a", true);
      expect(await outsider.seen.claim("a")).toBe("handled");
      expect(await outsider.seen.claim("b")).toBe("first");
    });

    it("may be tried again when it was handled in vain", async () => {
      const start = kind();
      const [one, other] = [await start(), await start()];
      expect(await one.seen.claim("a")).toBe("first");
      await one.seen.settle("a", false);
      expect(await other.seen.claim("a")).toBe("first");
    });

    it("is free again some time after its process died", async () => {
      const start = kind();
      const [doomed, other] = [await start({ leaseMs: 200 }), await start()];
      expect(await doomed.seen.claim("a")).toBe("first");
      await doomed.die();
      await until(async () => (await other.seen.claim("a")) === "first", "another one may handle it");
    });

    it.skipIf(!amqpUrl)("lets each message be handled once, however often it comes and wherever", async () => {
      const start = kind();
      const name = uniqueName("jobs");
      const handled: number[] = [];
      const sender = await startRabbit();
      const brokers = [sender, await startRabbit()];
      for (const broker of brokers) {
        const { seen } = await start();
        await broker.queue<number>(name).consume((job) => handled.push(job), { once: seen }).ready;
      }
      const jobs = sender.queue<number>(name);
      const numbers = Array.from({ length: 100 }, (_, n) => n);
      await Promise.all([...numbers, ...numbers].map((n) => jobs.send(n, { id: `job ${n}` })));
      const duplicates = () => brokers.reduce((sum, broker) => sum + Number(broker.health().duplicates), 0);
      await until(() => duplicates() === 100, "all duplicates are recognised");
      expect(handled.sort((a, b) => a - b)).toEqual(numbers);
    });
  });
});

describe.skipIf(!redisUrl)("what was seen, in Redis", () => {
  it("is forgotten after its time", async () => {
    const start = inRedis();
    const { seen } = await start({ keepMs: 100 });
    await seen.claim("a");
    await seen.settle("a", true);
    await until(async () => (await seen.claim("a")) === "first", "it is forgotten");
  });

  it("is not known while Redis is gone, so nothing is handled", async () => {
    const { seen, die } = await inRedis()();
    await die();
    await expect(seen.claim("a")).rejects.toMatchObject({ code: "unavailable", reason: "redis_unreachable" });
  });
});

it("asks for times that make sense", () => {
  expect(() => redisSeen({ url: "redis://127.0.0.1", leaseMs: 0 })).toThrow(/redisSeen\.leaseMs/);
  expect(() => redisSeen({ url: "http://127.0.0.1" })).toThrow(/redisSeen\.url/);
});
