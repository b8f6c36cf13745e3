import { describe, expect, it } from "vitest";
import { VastifyError } from "../../core/index.js";
import type { TargetPolicy } from "./policy.js";
import { policyOf, resolvePolicy } from "./resolve-policy.js";

const resolve = (policy: TargetPolicy) => resolvePolicy(policy, "policies.stock");
const fallbackOf = (policy: TargetPolicy) => resolve(policy).fallback?.({}, new VastifyError("unavailable", ""));

describe("a resolved policy", () => {
  it("retries as usual and has all else off when nothing is said", () => {
    expect(resolve({})).toEqual({
      timeoutMs: undefined,
      idempotent: false,
      retry: { attempts: 3, baseMs: 10, maxMs: 200 },
      hedge: undefined,
      fallback: undefined,
      bulkhead: undefined,
      circuit: undefined,
      retryBudget: { ratio: 0.2, minRetries: 10, windowMs: 10_000 },
      actions: [],
    });
  });

  it("fills in what is left out", () => {
    expect(resolve({ retry: { attempts: 1 }, hedge: {}, bulkhead: { maxInFlight: 7 }, circuit: true })).toMatchObject({
      retry: { attempts: 1, baseMs: 10, maxMs: 200 },
      hedge: { afterMs: "p95" },
      bulkhead: { maxInFlight: 7, maxWaiting: 0 },
      circuit: { failures: 5, errorRate: undefined, openMs: 10_000, maxOpenMs: 60_000 },
    });
  });

  it("is frozen all through", () => {
    const policy = resolve({ hedge: {}, circuit: true, bulkhead: { maxInFlight: 1 }, actions: [{ pattern: "cmd:a" }] });
    const parts = [policy, policy.retry, policy.hedge, policy.circuit, policy.bulkhead, policy.retryBudget];
    for (const part of [...parts, policy.actions, policy.actions[0], policy.actions[0]?.policy]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it("wants a bulkhead's size", () => {
    expect(() => resolve({ actions: [{ pattern: "cmd:a", bulkhead: { maxWaiting: 1 } }] })).toThrow(
      /^policies\.stock\.actions\[0\]\.bulkhead\.maxInFlight must be/,
    );
  });

  it("gives each call a fallback value of its own", () => {
    const list = ["a"];
    const policy = { fallback: { value: list } };
    expect(fallbackOf(policy)).toEqual(["a"]);
    expect(fallbackOf(policy)).not.toBe(list);
    expect(fallbackOf({ fallback: { value: null } })).toBeNull();
    expect(fallbackOf({ fallback: (_, error) => error.code })).toBe("unavailable");
  });

  it("wants a function for a fallback that is not plain data", () => {
    expect(() => resolve({ fallback: { value: () => 1 } })).toThrow(
      /^policies\.stock\.fallback\.value must be plain data/,
    );
  });
});

describe("the policy of a message", () => {
  const stock = resolve({
    timeoutMs: 1_000,
    retry: { attempts: 2 },
    bulkhead: { maxInFlight: 9 },
    circuit: { failures: 7 },
    actions: [
      { pattern: "cmd:*", timeoutMs: 100 },
      { pattern: "cmd:load", timeoutMs: 200 },
      { pattern: "cmd:load,role:user", timeoutMs: 300, retry: { maxMs: 50 }, bulkhead: false },
    ],
  });

  it("is the target's own, the very object, when it has no actions or none of them matches", () => {
    expect(policyOf(stock, { role: "user" })).toBe(stock);
    const plain = resolve({});
    expect(policyOf(plain, { cmd: "load" })).toBe(plain);
  });

  it("is that of the matching pattern with the most keys, and of equally many the first", () => {
    expect(policyOf(stock, { cmd: "load", role: "user" }).timeoutMs).toBe(300);
    expect(policyOf(stock, { cmd: "load", role: "admin" }).timeoutMs).toBe(100);
  });

  it("is the same object each time", () => {
    expect(policyOf(stock, { cmd: "load" })).toBe(policyOf(stock, { cmd: "save" }));
  });

  it("takes from the target what it does not say itself, field by field", () => {
    expect(policyOf(stock, { cmd: "load", role: "user" })).toMatchObject({
      retry: { attempts: 2, baseMs: 10, maxMs: 50 },
      circuit: { failures: 7 },
      bulkhead: undefined,
    });
  });

  it("shares with the target what it takes from it whole", () => {
    const load = policyOf(stock, { cmd: "load" });
    expect(load.bulkhead).toBe(stock.bulkhead);
    expect(load.circuit).toBe(stock.circuit);
    expect(load.retry).toBe(stock.retry);
  });
});
