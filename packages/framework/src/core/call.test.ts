import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Call, outcomeOf } from "./call.js";
import { Deadlines } from "./deadlines.js";
import { VastifyError } from "./error.js";

const deadlines = new Deadlines();
const newCall = (options: Partial<ConstructorParameters<typeof Call>[1]> = {}, message = {}) =>
  new Call(message, { timeoutMs: 1_000, ...options }, deadlines);

describe("a call whose result goes on", () => {
  it("lends its own calls no deadline, until it ends and takes them down", () => {
    const call = newCall({ timeoutMs: 50 });
    const ended: string[] = [];
    call.last(({ message }) => ended.push(message));
    call.succeed("a socket");
    const child = newCall({ parent: call });
    expect([call.isLasting, child.remainingMs]).toEqual([true, 1_000]);
    child.watch();
    call.end(new VastifyError("canceled", "closed"));
    call.end(new VastifyError("canceled", "again"));
    expect([call.isLasting, child.outcome, ended]).toEqual([false, "failed", ["closed"]]);
    expect(newCall({ parent: call }).remainingMs).toBe(0);
  });
});

describe("a call", () => {
  it("has one outcome: the first", async () => {
    const call = newCall();
    call.succeed("first");
    call.fail(new Error("second"));
    call.cancel();
    expect(await outcomeOf(call)).toBe("first");
  });

  it("lets go of the streams of a result that comes too late", () => {
    const [alone, member] = [new PassThrough(), new PassThrough()];
    for (const result of [alone, { name: "a.txt", body: member }, "text", null, Buffer.from("bytes")]) {
      const call = newCall();
      call.cancel();
      call.succeed(result);
    }
    expect([alone.destroyed, member.destroyed]).toEqual([true, true]);
  });

  it("that fails with another's error rejects with one of ours", async () => {
    const call = newCall();
    call.fail(new TypeError("x is undefined"));
    await expect(outcomeOf(call)).rejects.toMatchObject({ code: "internal", message: "x is undefined" });
  });

  it("ends at its deadline, and its signal fires", async () => {
    vi.useFakeTimers();
    const call = newCall({ timeoutMs: 50 }, { $$target: "x" });
    const { signal } = call;
    const failed = expect(outcomeOf(call)).rejects.toMatchObject({
      code: "deadline_exceeded",
      message: "the call to x did not finish within 50 ms",
    });
    await vi.advanceTimersByTimeAsync(60);
    await failed;
    expect(signal.aborted).toBe(true);
    vi.useRealTimers();
  });

  it("that is canceled tells its carrier, and takes the calls of its action down with it", async () => {
    const parent = newCall();
    const child = newCall({ parent });
    const [one, two] = [outcomeOf(parent), outcomeOf(child)];
    const told = vi.fn();
    child.onAbort = told;
    parent.cancel();
    await expect(one).rejects.toMatchObject({ code: "canceled" });
    await expect(two).rejects.toMatchObject({ code: "canceled" });
    expect(told).toHaveBeenCalledOnce();
  });

  it("never waits longer than the call it belongs to", () => {
    const parent = newCall({ timeoutMs: 200 });
    expect(newCall({ parent, timeoutMs: 5_000 }).remainingMs).toBe(200);
    expect(newCall({ parent, timeoutMs: 100 }).remainingMs).toBe(100);
  });

  it("may be limited to less, and never to more", async () => {
    vi.useFakeTimers();
    const call = newCall({ timeoutMs: 1_000 });
    const failed = outcomeOf(call).catch((error) => error.message);
    call.limitTo(5_000);
    expect(call.remainingMs).toBeLessThanOrEqual(1_000);
    call.limitTo(50);
    await vi.advanceTimersByTimeAsync(60);
    expect(await failed).toContain("within 50 ms");
    vi.useRealTimers();
  });

  it("inherits trace id, hops and idempotence", () => {
    const parent = newCall({ tx: "trace", hops: 3, idempotent: true });
    expect(newCall({ parent })).toMatchObject({ tx: "trace", hops: 3, idempotent: true, depth: 1 });
  });

  it("has a trace id of its own otherwise: 16 bytes in hex", () => {
    expect(newCall().tx).toMatch(/^[0-9a-f]{32}$/);
    expect(newCall().tx).not.toBe(newCall().tx);
  });

  it("has a signal that any number of things may listen to", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    const { signal } = newCall();
    for (let i = 0; i < 20; i++) signal.addEventListener("abort", () => {});
    await nextTurn();
    expect(warned).not.toHaveBeenCalled();
  });

  it("that has its outcome gives an aborted signal only if it failed", () => {
    const done = newCall();
    done.succeed(1);
    const failed = newCall();
    failed.abort(new VastifyError("canceled", "x"));
    expect([done.signal.aborted, failed.signal.aborted]).toEqual([false, true]);
  });
});
