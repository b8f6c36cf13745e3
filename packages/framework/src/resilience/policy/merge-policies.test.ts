import { describe, expect, it } from "vitest";
import { mergePolicies } from "./merge-policies.js";
import { policyOf, resolvePolicy } from "./resolve-policy.js";

describe("two policies of one target", () => {
  it("are one in which Consul wins field by field", () => {
    const merged = mergePolicies(
      { timeoutMs: 100, idempotent: true, retry: { attempts: 5, baseMs: 1 }, bulkhead: { maxInFlight: 3 } },
      { timeoutMs: 200, retry: { attempts: 1 }, bulkhead: { maxWaiting: 9 }, retryBudget: { ratio: 0 } },
    );
    expect(resolvePolicy(merged, "policies.stock")).toMatchObject({
      timeoutMs: 200,
      idempotent: true,
      retry: { attempts: 1, baseMs: 1, maxMs: 200 },
      bulkhead: { maxInFlight: 3, maxWaiting: 9 },
      retryBudget: { ratio: 0, minRetries: 10 },
    });
  });

  it.each([
    [{ failures: 3 }, true, { failures: 3 }],
    [true, { failures: 3 }, { failures: 3 }],
    [{ failures: 3, openMs: 1 }, { failures: 4 }, { failures: 4, openMs: 1 }],
    [{ failures: 3 }, false, false],
    [false, true, true],
    [undefined, { failures: 3 }, { failures: 3 }],
    [{ failures: 3 }, undefined, { failures: 3 }],
  ])("with the circuits %j and %j have %j", (code, live, expected) => {
    const merged = mergePolicies(
      code === undefined ? {} : { circuit: code },
      live === undefined ? {} : { circuit: live },
    );
    expect(merged.circuit).toEqual(expected);
  });

  it("can be switched off from Consul", () => {
    const merged = mergePolicies({ hedge: { afterMs: 5 }, fallback: { value: 1 } }, { hedge: false, fallback: false });
    expect(resolvePolicy(merged, "policies.stock")).toMatchObject({ hedge: undefined, fallback: undefined });
  });

  it("join their actions: of equal patterns field by field, the rest side by side, Consul's first", () => {
    const merged = mergePolicies(
      {
        actions: [
          { pattern: "cmd:load,role:user", timeoutMs: 1, idempotent: true },
          { pattern: "cmd:*", timeoutMs: 2 },
        ],
      },
      {
        actions: [
          { pattern: "cmd:save", timeoutMs: 3 },
          { pattern: { role: "user", cmd: "load" }, timeoutMs: 4 },
        ],
      },
    );
    const policy = resolvePolicy(merged, "policies.stock");
    expect(policy.actions).toHaveLength(3);
    expect(policyOf(policy, { cmd: "load", role: "user" })).toMatchObject({ timeoutMs: 4, idempotent: true });
    expect(policyOf(policy, { cmd: "save" })).toMatchObject({ timeoutMs: 3 });
    expect(policyOf(policy, { cmd: "list" })).toMatchObject({ timeoutMs: 2 });
  });

  it("may be missing", () => {
    expect(resolvePolicy(mergePolicies(), "policies.stock")).toEqual(resolvePolicy({}, "policies.stock"));
  });
});
