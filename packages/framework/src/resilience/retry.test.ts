import { describe, expect, it } from "vitest";
import { Call, Deadlines, type ErrorCode, VastifyError } from "../core/index.js";
import { createRetryPolicy } from "./retry.js";
import { createRetryBudget } from "./retry-budget.js";

const deadlines = new Deadlines();
const policy = createRetryPolicy({ attempts: 3, baseMs: 10, random: () => 1 });

function call({ idempotent = false, timeoutMs = 1_000 } = {}): Call {
  return new Call({}, { timeoutMs, idempotent }, deadlines);
}

const failed = (reason?: string, code: ErrorCode = "unavailable") => new VastifyError(code, "", { reason });

describe("a retry policy", () => {
  it.each([
    ["unavailable", "peer_unreachable"],
    ["unavailable", "draining"],
    ["resource_exhausted", "too_many_calls"],
  ] as const)("repeats any call that never ran: %s %s", (code, reason) => {
    expect(policy(call(), failed(reason, code), 1)).toBe(10);
    expect(policy(call(), failed(reason, code), 2)).toBe(20);
  });

  it.each([
    ["unavailable", "peer_lost"],
    ["unavailable", undefined],
    ["unavailable", "database_unreachable"],
    ["resource_exhausted", undefined],
  ] as const)("repeats one that may have run only when it is idempotent: %s %s", (code, reason) => {
    expect(policy(call(), failed(reason, code), 1)).toBeUndefined();
    expect(policy(call({ idempotent: true }), failed(reason, code), 1)).toBe(10);
  });

  it.each([
    ["unavailable", "no_instances"],
    ["unavailable", "no_version"],
    ["unavailable", "circuit_open"],
    ["resource_exhausted", "bulkhead_full"],
    ["resource_exhausted", "body_too_large"],
    ["not_found", "no_user"],
    ["deadline_exceeded", "deadline_exceeded"],
    ["internal", "peer_failed"],
  ] as const)("does not repeat what would end the same: %s %s", (code, reason) => {
    expect(policy(call({ idempotent: true }), failed(reason, code), 1)).toBeUndefined();
  });

  it("takes the rule's word that an action is idempotent", () => {
    const idempotent = createRetryPolicy({ idempotent: true, random: () => 1 });
    expect(idempotent(call(), failed("peer_lost"), 1)).toBe(10);
  });

  it("gives up after its attempts", () => {
    expect(policy(call(), failed("draining"), 3)).toBeUndefined();
  });

  it("is off with one attempt", () => {
    expect(createRetryPolicy({ attempts: 1 })(call(), failed("draining"), 1)).toBeUndefined();
  });

  it("waits no longer than its longest wait", () => {
    const patient = createRetryPolicy({ attempts: 100, baseMs: 10, random: () => 1 });
    expect(patient(call(), failed("draining"), 50)).toBe(200);
  });

  it("does not begin a wait that the call won't live to see", () => {
    expect(policy(call({ timeoutMs: 10 }), failed("draining"), 1)).toBeUndefined();
  });

  it("keeps to its budget, and spends none of it on calls that are not repeated", () => {
    const budget = createRetryBudget({ minRetries: 1, ratio: 0 }, () => 0);
    const thrifty = createRetryPolicy({ budget });
    thrifty(call(), failed("no_instances"), 1);
    thrifty(call({ timeoutMs: 0 }), failed("draining"), 1);
    expect(thrifty(call(), failed("draining"), 1)).toBeDefined();
    expect(thrifty(call(), failed("draining"), 1)).toBeUndefined();
  });

  it("does not repeat a call that was given up", () => {
    const canceled = call();
    canceled.cancel();
    expect(policy(canceled, failed("draining"), 1)).toBeUndefined();
  });

  it("does not repeat a call of which something was sent that can't be sent again", () => {
    const half = call();
    half.repeatable = false;
    expect(policy(half, failed("draining"), 1)).toBeUndefined();
  });

  it("wants a number of attempts", () => {
    expect(() => createRetryPolicy({ attempts: 0 })).toThrow(/retry\.attempts/);
  });
});
