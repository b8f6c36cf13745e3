import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RateLimitStore } from "../../../src/index.js";
import { type RedisRatesOptions, redisRates } from "../../../src/storage/cache/index.js";
import { silentLogger } from "../../support/framework.js";
import { startGuarded } from "../../support/guarded-gateway.js";
import { newPrefix, redisUrl } from "../../support/redis.js";
import { consulAddress } from "../../support/services.js";

async function startRates(options: Partial<RedisRatesOptions> = {}) {
  const rates = redisRates({ url: redisUrl, prefix: newPrefix(), ...options });
  onTestFinished(() => rates.stop());
  await rates.start({ log: silentLogger, signal: new AbortController().signal });
  return rates satisfies RateLimitStore;
}

/** So long that nothing comes back while a test runs. */
const anHour = 3_600_000;

describe.skipIf(!redisUrl)("rates in Redis", () => {
  it("are counted together by all that share a prefix, and apart from others", async () => {
    const prefix = newPrefix();
    const [one, other, apart] = await Promise.all([startRates({ prefix }), startRates({ prefix }), startRates()]);
    const rate = { limit: 10, windowMs: anHour };
    const taken = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? one : other).take("a", rate)));
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(10);
    expect(await one.take("a", rate)).toMatchObject({ allowed: false, remaining: 0 });
    expect(await one.take("b", rate)).toMatchObject({ allowed: true, remaining: 9, retryAfterMs: 0 });
    expect(await apart.take("a", rate)).toMatchObject({ allowed: true, remaining: 9 });
  });

  it("say when the next may come, which what was refused does not put off", async () => {
    const store = await startRates();
    const rate = { limit: 2, windowMs: anHour };
    await store.take("a", rate);
    await store.take("a", rate);
    for (let time = 0; time < 100; time++) await store.take("a", rate);
    const { retryAfterMs, resetMs } = await store.take("a", rate);
    expect(retryAfterMs).toBeLessThanOrEqual(anHour / 2);
    expect(retryAfterMs).toBeGreaterThan(anHour / 2 - 60_000);
    expect(resetMs).toBeLessThanOrEqual(anHour);
  });

  it("fill up as time goes by", async () => {
    const store = await startRates();
    const rate = { limit: 1, windowMs: 20 };
    for (let time = 0; time < 3; time++) {
      const { retryAfterMs } = await store.take("a", rate);
      await delay(retryAfterMs + 40);
      expect(await store.take("a", rate)).toMatchObject({ allowed: true });
      await delay(40);
    }
  });

  it.skipIf(!consulAddress)("are kept by several gateways as one, and by none while Redis is gone", async () => {
    const prefix = newPrefix();
    const limits = async (options: Partial<RedisRatesOptions>) => ({
      limits: { rates: [{ by: "ip", limit: 3, windowMs: anHour }] as const, store: await startRates(options) },
    });
    const first = await startGuarded(await limits({ prefix }));
    const second = await startGuarded(await limits({ prefix }));
    const statuses: number[] = [];
    for (const url of [first.url, second.url, first.url, second.url, first.url])
      statuses.push((await fetch(`${url}/news`)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const without = await startGuarded(await limits({ url: "redis://127.0.0.1:1", connectTimeoutMs: 100 }));
    for (let time = 0; time < 5; time++) expect((await fetch(`${without.url}/news`)).status).toBe(200);
  });
});

it.each([{ url: "http://a" }, { url: "" }, { url: "redis://a", commandTimeoutMs: 0 }])("%j is refused", (options) => {
  expect(() => redisRates(options)).toThrow(/^redisRates\./);
});
