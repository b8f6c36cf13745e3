import { describe, expect, it, vi } from "vitest";
import { withDeadline } from "./deadline.js";

const never = () => new Promise<never>(() => {});

describe("withDeadline", () => {
  it("gives what the work gives", async () => {
    await expect(withDeadline({ timeoutMs: 1_000, what: "it" }, async () => 7)).resolves.toBe(7);
  });

  it("throws deadline_exceeded and aborts the work's signal when time is up", async () => {
    vi.useFakeTimers();
    let seen: AbortSignal | undefined;
    const result = withDeadline({ timeoutMs: 50, what: "the call to x" }, (signal) => {
      seen = signal;
      return never();
    });
    const failed = expect(result).rejects.toMatchObject({
      code: "deadline_exceeded",
      message: expect.stringMatching(/the call to x.*50 ms/),
    });
    await vi.advanceTimersByTimeAsync(50);
    await failed;
    expect(seen?.aborted).toBe(true);
    vi.useRealTimers();
  });

  it("throws canceled when the caller gives up", async () => {
    const caller = new AbortController();
    const result = withDeadline({ timeoutMs: 10_000, parent: caller.signal, what: "it" }, never);
    caller.abort();
    await expect(result).rejects.toMatchObject({ code: "canceled" });
  });

  it("does not begin when the caller has already given up", async () => {
    const work = vi.fn(never);
    await expect(
      withDeadline({ timeoutMs: 10_000, parent: AbortSignal.abort(), what: "it" }, work),
    ).rejects.toMatchObject({
      code: "canceled",
    });
    expect(work).not.toHaveBeenCalled();
  });
});
