import { describe, expect, it } from "vitest";
import { readPolicy, type TargetPolicy } from "./policy.js";

const where = "policies.stock";

describe("a policy", () => {
  it("may say everything", () => {
    const policy: TargetPolicy = {
      timeoutMs: 800,
      idempotent: true,
      retry: { attempts: 5, baseMs: 5, maxMs: 100 },
      hedge: { afterMs: "p95" },
      fallback: { value: null },
      bulkhead: { maxInFlight: 10, maxWaiting: 5 },
      circuit: { failures: 3, errorRate: 0.5, windowMs: 5_000, minCalls: 10, openMs: 1_000, maxOpenMs: 9_000 },
      retryBudget: { ratio: 0.1, minRetries: 3, windowMs: 5_000 },
      actions: [
        { pattern: "cmd:load", hedge: false, bulkhead: false, fallback: () => "none" },
        { pattern: { cmd: "save", role: "*" }, fallback: false, hedge: { afterMs: 20 } },
      ],
    };
    expect(readPolicy(policy, where)).toEqual(policy);
  });

  it.each<[unknown, string]>([
    [null, "policies.stock must be an object, got null"],
    [[], "policies.stock must be an object"],
    [{ timeoutMs: 0 }, "policies.stock.timeoutMs must be milliseconds from 1 to 2147483647, got 0"],
    [{ timeoutMs: "800" }, 'policies.stock.timeoutMs must be milliseconds from 1 to 2147483647, got "800"'],
    [{ timeoutMs: null }, "policies.stock.timeoutMs must be"],
    [{ idempotent: "yes" }, "policies.stock.idempotent must be true or false"],
    [{ retry: { attempts: 0 } }, "policies.stock.retry.attempts must be a whole number from 1 up, got 0"],
    [
      { retry: { atempts: 2 } },
      "policies.stock.retry.atempts must be left out; known here are attempts, baseMs, maxMs",
    ],
    [{ retry: false }, "policies.stock.retry must be an object"],
    [{ hedge: { afterMs: "p99" } }, 'policies.stock.hedge.afterMs must be "p95" or milliseconds, got "p99"'],
    [{ fallback: {} }, "policies.stock.fallback must be an object with nothing but value"],
    [{ fallback: { value: 1, also: 2 } }, "policies.stock.fallback must be"],
    [{ bulkhead: { maxInFlight: 0.5 } }, "policies.stock.bulkhead.maxInFlight must be"],
    [{ actions: [{ pattern: "cmd:a", circuit: true }] }, "policies.stock.actions[0].circuit must be left out"],
    [{ circuit: { errorRate: 50 } }, "policies.stock.circuit.errorRate must be a number from 0 to 1, got 50"],
    [{ retryBudget: { ratio: -1 } }, "policies.stock.retryBudget.ratio must be"],
    [{ retries: 3 }, "policies.stock.retries must be left out; known here are timeoutMs, "],
    [JSON.parse('{"__proto__":{"timeoutMs":1}}'), "policies.stock.__proto__ must be left out"],
    [{ actions: {} }, "policies.stock.actions must be a list"],
    [{ actions: [{ timeoutMs: 1 }] }, "policies.stock.actions[0].pattern must be an object of texts"],
    [{ actions: [{ pattern: "cmd:a", retryBudget: {} }] }, "policies.stock.actions[0].retryBudget must be left out"],
    [
      { actions: [{ pattern: "a:1,b:2" }, { pattern: { b: "2", a: "1" } }] },
      "policies.stock.actions[1].pattern must be another",
    ],
  ])("is refused by the path of what is wrong: %j", (doc, message) => {
    expect(() => readPolicy(doc, where)).toThrow(message);
  });

  it("may hold fields that are undefined, as options in code do", () => {
    expect(readPolicy({ timeoutMs: undefined }, where)).toEqual({});
  });
});
