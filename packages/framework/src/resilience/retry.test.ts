import { describe, expect, it } from "vitest";
import { Call, Deadlines, VastifyError } from "../core/index.js";
import { createRetryPolicy } from "./retry.js";

const deadlines = new Deadlines();
const policy = createRetryPolicy({ attempts: 3, backoff: { baseMs: 10, random: () => 1 } });

function call({ idempotent = false } = {}): Call {
  return new Call({}, { timeoutMs: 1_000, idempotent }, deadlines);
}

const failed = (reason: string) => new VastifyError("unavailable", "", { reason });

describe("a retry policy", () => {
  it.each(["peer_unreachable", "draining"])("repeats any call that never ran: %s", (reason) => {
    expect(policy(call(), failed(reason), 1)).toBe(10);
    expect(policy(call(), failed(reason), 2)).toBe(20);
  });

  it("does not repeat a call that may have run", () => {
    expect(policy(call(), failed("peer_lost"), 1)).toBeUndefined();
  });

  it("repeats one that may have run when it is idempotent", () => {
    expect(policy(call({ idempotent: true }), failed("peer_lost"), 1)).toBe(10);
  });

  it("does not repeat what the action itself answered", () => {
    const error = new VastifyError("not_found", "", { reason: "no_user" });
    expect(policy(call({ idempotent: true }), error, 1)).toBeUndefined();
  });

  it("gives up after its attempts", () => {
    expect(policy(call(), failed("draining"), 3)).toBeUndefined();
  });

  it("does not repeat a call that was given up", () => {
    const canceled = call();
    canceled.cancel();
    expect(policy(canceled, failed("draining"), 1)).toBeUndefined();
  });

  it("wants a number of attempts", () => {
    expect(() => createRetryPolicy({ attempts: 0 })).toThrow(/retry\.attempts/);
  });
});
