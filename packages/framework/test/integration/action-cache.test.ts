import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAction, defineContract, defineEvent, implement } from "../../src/contracts/index.js";
import { memoryCache, redisCache } from "../../src/storage/cache/index.js";
import type { ServiceOptions } from "../support/framework.js";
import { amqpUrl, startRabbit } from "../support/messaging.js";
import { newPrefix, redisUrl } from "../support/redis.js";
import { consulAddress, startService, uniqueName, until } from "../support/services.js";

/** A target with one number for each id, in two instances. */
async function startShop(cacheOf: () => NonNullable<ServiceOptions["cache"]>) {
  const target = uniqueName("shop");
  const id = z.object({ id: z.string() });
  const stock = z.object({ count: z.int() });
  const shop = defineContract({
    target,
    version: "1.0.0",
    actions: {
      count: defineAction({
        input: id,
        output: stock,
        idempotent: true,
        cache: { ttlMs: 60_000, tags: ["item:{id}"] },
      }),
      sell: defineAction({ input: id, output: stock, forgets: ["item:{id}"] }),
      steal: defineAction({ input: id, output: stock }),
    },
    events: { stolen: defineEvent({ name: "item.stolen", payload: id, forgets: ["item:{id}"] }) },
  });
  let count = 10;
  let runs = 0;
  const take = () => ({ count: --count });
  const kept = implement(shop, {
    count: () => {
      runs++;
      return { count, http$: { headers: { etag: `"${count}"` } } };
    },
    sell: take,
    steal: take,
  });
  const start = () => startService({ name: target, contracts: [kept], cache: cacheOf() });
  const callers = [(await start()).caller(shop), (await start()).caller(shop)];
  const counts = () => Promise.all(callers.map((caller) => caller.count({ id: "7" })));
  return { shop, callers, counts, runs: () => runs };
}

describe.skipIf(!consulAddress)("outputs that a contract lets be cached", () => {
  it.skipIf(!redisUrl)("are shared by instances, and forgotten by all when one of them changes something", async () => {
    const prefix = newPrefix();
    const { callers, counts, runs } = await startShop(() => ({ store: redisCache({ url: redisUrl, prefix }) }));
    for (let n = 0; n < 5; n++) expect(await counts()).toEqual([{ count: 10 }, { count: 10 }]);
    expect(runs()).toBe(1);
    await callers[0]?.sell({ id: "8" });
    expect(await counts()).toEqual([{ count: 10 }, { count: 10 }]);
    await callers[0]?.sell({ id: "7" });
    expect(await counts()).toEqual([{ count: 8 }, { count: 8 }]);
    expect(runs()).toBe(2);
  });

  it.skipIf(!amqpUrl)("are forgotten in every process by an event that says so", async () => {
    const broker = await startRabbit();
    const { shop, callers, counts, runs } = await startShop(() => ({ store: memoryCache(), broker }));
    expect(await counts()).toEqual([{ count: 10 }, { count: 10 }]);
    await callers[0]?.steal({ id: "7" });
    expect(await counts()).toEqual([{ count: 10 }, { count: 10 }]);
    expect(runs()).toBe(2);
    await broker.publishEvent(shop.events.stolen, { id: "7" });
    await until(async () => (await counts()).every(({ count }) => count === 9), "both have heard");
    expect(runs()).toBe(4);
  });

  it("are not cached by a service without a cache", async () => {
    const { counts, runs } = await startShop(() => undefined as never);
    await counts();
    await counts();
    expect(runs()).toBe(4);
  });
});

it("says which option is wrong", async () => {
  const start = (cache: object) => startService({ name: "shop", cache: cache as never });
  await expect(start({ store: {} })).rejects.toThrow(/cache\.store/);
  await expect(start({ store: memoryCache(), maxTtlMs: 0 })).rejects.toThrow(/cache\.maxTtlMs/);
  await expect(start({ store: memoryCache(), events: [] })).rejects.toThrow(/cache\.broker/);
  await expect(start({ stroe: memoryCache() })).rejects.toThrow(/stroe/);
});
