import { describe, expect, it } from "vitest";
import { createApiKey, type GatewayOptions, type LimitOptions } from "../../src/index.js";
import { startGuarded } from "../support/guarded-gateway.js";
import { consulAddress } from "../support/services.js";

const anHour = 3_600_000;

function consumerWithKeys(consumer: string) {
  const keys = [createApiKey({ consumer }), createApiKey({ consumer })];
  const headersOf = (at: number): Headers => ({ "x-api-key": keys[at]?.text ?? "" });
  return { document: { keys: keys.map(({ id, hash }) => ({ id, hash })) }, first: headersOf(0), second: headersOf(1) };
}

type Headers = Readonly<Record<string, string>>;

/** A gateway that knows two consumers, the first of which has two keys. */
async function startLimited(limits: LimitOptions, more: Pick<GatewayOptions, "trustProxy"> = {}) {
  const [shop, club] = [consumerWithKeys("shop"), consumerWithKeys("club")];
  const consumers = { shop: shop.document, club: club.document };
  // How late a busy machine is must not be what is seen here.
  const patient = { maxLagMs: 60_000, ...limits };
  const { url, gateway } = await startGuarded({ auth: { keys: { consumers } }, limits: patient, ...more });
  async function get(path: string, headers: Headers = {}) {
    const response = await fetch(url + path, { headers });
    const body = (await response.json()) as { reason?: string };
    const told = (name: string) => response.headers.get(name);
    return {
      status: response.status,
      reason: body.reason,
      limit: told("ratelimit-limit"),
      remaining: told("ratelimit-remaining"),
      reset: Number(told("ratelimit-reset")),
      retryAfter: Number(told("retry-after")),
    };
  }
  /** How many requests pass until one is refused. */
  async function passing(path: string, headers: Headers = {}): Promise<number> {
    for (let count = 0; count < 20; count++) if ((await get(path, headers)).status === 429) return count;
    return Number.POSITIVE_INFINITY;
  }
  return { shop, club, get, passing, url, gateway };
}

describe.skipIf(!consulAddress)("a rate at the gateway", () => {
  it("is told with every answer, and refuses with when to come again", async () => {
    const rates = [
      { by: "consumer", limit: 2, windowMs: anHour },
      { by: "consumer", limit: 100, windowMs: anHour },
    ] as const;
    const { get, shop } = await startLimited({ rates });
    expect(await get("/list", shop.first)).toMatchObject({ status: 200, limit: "2", remaining: "1" });
    const last = await get("/list", shop.first);
    expect(last).toMatchObject({ status: 200, limit: "2", remaining: "0" });
    expect(last.reset).toBeGreaterThan(1_800);
    const refused = await get("/list", shop.first);
    expect(refused).toMatchObject({ status: 429, reason: "rate_exceeded", limit: "2", remaining: "0" });
    expect(refused.retryAfter).toBeGreaterThan(1_000);
    expect(refused.retryAfter).toBeLessThanOrEqual(1_800);
  });

  it("counts a consumer's requests together, whichever key they come with", async () => {
    const { passing, shop, club } = await startLimited({ rates: [{ by: "consumer", limit: 3, windowMs: anHour }] });
    expect(await passing("/list", shop.first)).toBe(3);
    expect(await passing("/count", shop.second)).toBe(0);
    expect(await passing("/list", club.first)).toBe(3);
  });

  it("counts each key by itself", async () => {
    const { passing, shop } = await startLimited({ rates: [{ by: "key", limit: 3, windowMs: anHour }] });
    expect(await passing("/list", shop.first)).toBe(3);
    expect(await passing("/list", shop.second)).toBe(3);
  });

  it("counts all requests to a route together, but not those of nobody it lets in", async () => {
    const { passing, get, shop, club } = await startLimited({ rates: [{ by: "route", limit: 3, windowMs: anHour }] });
    for (let time = 0; time < 5; time++) expect((await get("/list")).status).toBe(401);
    expect(await passing("/list", shop.first)).toBe(3);
    expect(await passing("/list", club.first)).toBe(0);
    expect(await passing("/count", club.first)).toBe(3);
  });

  it("counts an address before it asks who is there, so that keys can't be tried without end", async () => {
    const rates = [{ by: "ip", limit: 30, windowMs: anHour }] as const;
    const { get } = await startLimited({ rates });
    const statuses = [];
    for (let time = 0; time < 31; time++) statuses.push((await get("/list", { "x-api-key": `try.${time}` })).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.at(-1)).toBe(429);
  });

  it("counts those who show no credentials, or bad ones, by their address", async () => {
    const rates = [{ by: "consumer", limit: 5, windowMs: anHour, routes: ["GET /*"] }] as const;
    const { passing, shop } = await startLimited({ rates });
    expect(await passing("/news")).toBe(5);
    expect(await passing("/news", { "x-api-key": "nobody's" })).toBe(0);
    expect(await passing("/news", shop.first)).toBe(5);
  });

  it("believes x-forwarded-for of nobody but those it was told to trust", async () => {
    const rates = [{ by: "ip", limit: 10, windowMs: anHour }] as const;
    const from = (address: string) => ({
      "x-forwarded-for": address,
      "x-real-ip": address,
      forwarded: `for=${address}`,
    });
    const wary = await startLimited({ rates });
    expect(await wary.passing("/news")).toBe(10);
    expect(await wary.passing("/news", from("198.51.100.1"))).toBe(0);
    const behindProxy = await startLimited({ rates }, { trustProxy: ["127.0.0.0/8"] });
    expect(await behindProxy.passing("/news", from("198.51.100.1"))).toBe(10);
    expect(await behindProxy.passing("/news", from("198.51.100.2"))).toBe(10);
    expect(await behindProxy.passing("/news", from("203.0.113.9, 198.51.100.1"))).toBe(0);
  });

  it.each<[string, () => Promise<never>]>([
    ["fails", () => Promise.reject(new Error("away"))],
    ["never answers", () => new Promise(() => {})],
    ["answers nonsense", async () => ({}) as never],
  ])("stops nobody while its store %s", async (_does, take) => {
    const rates = [{ by: "consumer", limit: 1, windowMs: anHour }] as const;
    const { get, shop } = await startLimited({ store: { take }, storeTimeoutMs: 20, rates });
    for (let time = 0; time < 3; time++)
      expect(await get("/list", shop.first)).toMatchObject({ status: 200, remaining: null });
  });

  it("tells whole numbers, whatever its store counts in", async () => {
    const taken = { allowed: true, remaining: 3.75, resetMs: 1e30, retryAfterMs: 0 };
    const store = { take: async () => taken };
    const { url } = await startLimited({ store, rates: [{ by: "ip", limit: 5, windowMs: anHour }] });
    const { headers } = await fetch(`${url}/list`);
    expect(headers.get("ratelimit-remaining")).toBe("3");
    expect(headers.get("ratelimit-reset")).toMatch(/^\d+$/);
  });
});
