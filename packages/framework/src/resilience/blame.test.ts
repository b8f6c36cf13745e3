import { describe, expect, it } from "vitest";
import { type ErrorCode, errorCodes, VastifyError } from "../core/index.js";
import { blamesInstance, verdictOn } from "./blame.js";

const error = (code: ErrorCode, reason?: string) => new VastifyError(code, "", { reason });

describe("an instance", () => {
  it.each([
    ["unavailable", "peer_unreachable"],
    ["unavailable", "peer_lost"],
    ["unavailable", "draining"],
    ["unavailable", "database_unreachable"],
    ["unavailable", undefined],
    ["deadline_exceeded", "deadline_exceeded"],
    ["internal", undefined],
    ["internal", "peer_failed"],
    ["resource_exhausted", "too_many_calls"],
  ] as const)("is blamed for %s %s", (code, reason) => {
    expect(blamesInstance(error(code, reason))).toBe(true);
  });

  it.each([
    ["not_found", "no_user"],
    ["not_found", "peer_no_pattern"],
    ["invalid_argument", "bad_message"],
    ["permission_denied", undefined],
    ["unauthenticated", undefined],
    ["already_exists", undefined],
    ["failed_precondition", undefined],
    ["unimplemented", undefined],
    ["resource_exhausted", "quota_used_up"],
  ] as const)("is cleared by %s %s, which is an answer", (code, reason) => {
    expect(verdictOn(error(code, reason))).toBe("cleared");
  });

  it.each([
    ["canceled", undefined],
    ["unavailable", "no_instances"],
    ["unavailable", "no_version"],
    ["unavailable", "circuit_open"],
    ["resource_exhausted", "bulkhead_full"],
    ["resource_exhausted", "body_too_large"],
    ["internal", "bad_result"],
  ] as const)("is neither for %s %s, which it did not cause", (code, reason) => {
    expect(verdictOn(error(code, reason))).toBe("unknown");
    expect(blamesInstance(error(code, reason))).toBe(false);
  });

  it("has a verdict for every code", () => {
    for (const code of errorCodes) expect(["blamed", "cleared", "unknown"]).toContain(verdictOn(error(code)));
  });
});
