import { describe, expect, it } from "vitest";
import { faultFor, readChaos } from "./chaos.js";

const nowMs = Date.parse("2026-11-21T15:00:00Z");
const now = () => nowMs;
const until = "2026-11-21T16:00:00Z";
const read = (...faults: unknown[]) => readChaos({ until, faults }, { where: "chaos.stock", now });
const strike = (chaos: ReturnType<typeof readChaos>, message = {}, random = 0.5) =>
  faultFor(chaos, message, { now, random: () => random });

describe("chaos", () => {
  it("makes calls late, with jitter", () => {
    const chaos = read({ latencyMs: 100, jitterMs: 50 });
    expect(strike(chaos)).toEqual({ kind: "delay", delayMs: 125 });
  });

  it("makes calls fail, by default with a reason that says so", () => {
    expect(strike(read({ error: { code: "unavailable" } }))).toMatchObject({
      kind: "fail",
      delayMs: 0,
      error: { code: "unavailable", reason: "injected" },
    });
    expect(
      strike(read({ error: { code: "not_found", reason: "no_user", message: "gone" }, latencyMs: 5 })),
    ).toMatchObject({
      kind: "fail",
      delayMs: 5,
      error: { code: "not_found", reason: "no_user", message: "gone" },
    });
  });

  it("leaves calls without an answer", () => {
    expect(strike(read({ drop: true }))).toEqual({ kind: "drop" });
  });

  it("strikes the messages it is meant for", () => {
    const chaos = read({ pattern: "cmd:load", drop: true });
    expect(strike(chaos, { cmd: "load" })).toBeDefined();
    expect(strike(chaos, { cmd: "save" })).toBeUndefined();
  });

  it("strikes its share of them", () => {
    const chaos = read({ share: 0.3, drop: true });
    expect(strike(chaos, {}, 0.29)).toBeDefined();
    expect(strike(chaos, {}, 0.3)).toBeUndefined();
  });

  it("goes on to the next fault when one does not strike", () => {
    const chaos = read({ share: 0, drop: true }, { pattern: "cmd:x", drop: true }, { latencyMs: 7 });
    expect(strike(chaos)).toEqual({ kind: "delay", delayMs: 7 });
  });

  it("ends by itself", () => {
    const chaos = read({ drop: true });
    expect(faultFor(chaos, {}, { now: () => nowMs + 3_599_999 })).toBeDefined();
    expect(faultFor(chaos, {}, { now: () => nowMs + 3_600_000 })).toBeUndefined();
  });

  it("that is over can still be read, and does nothing", () => {
    const chaos = readChaos({ until: "2020-01-01T00:00:00Z", faults: [{ drop: true }] }, { where: "chaos.stock", now });
    expect(strike(chaos)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [{}, "chaos.stock.until must be a time at most 24 hours ahead"],
    [
      { until: "tomorrow" },
      'chaos.stock.until must be a time at most 24 hours ahead with its zone, such as 2026-11-21T16:00:00Z, got "tomorrow"',
    ],
    [{ until: "2026-11-21T16:00:00" }, "chaos.stock.until must be"],
    [{ until: "2026-11-31T26:00:00Z" }, "chaos.stock.until must be"],
    [{ until: 1_795_000_000_000 }, "chaos.stock.until must be"],
    [{ until: "2026-11-22T15:00:01Z" }, 'got "2026-11-22T15:00:01.000Z"'],
    [{ until, fault: [] }, "chaos.stock.fault must be left out; known here are until, faults"],
    [{ until, faults: {} }, "chaos.stock.faults must be a list"],
    [{ until, faults: [{}] }, "chaos.stock.faults[0] must be a drop, or else latency, an error or both"],
    [{ until, faults: [{ drop: true, latencyMs: 5 }] }, "chaos.stock.faults[0] must be a drop, or else"],
    [{ until, faults: [{ latencyMs: -1 }] }, "chaos.stock.faults[0].latencyMs must be milliseconds"],
    [{ until, faults: [{ drop: true, share: 2 }] }, "chaos.stock.faults[0].share must be"],
    [{ until, faults: [{ drop: true, pattern: "cmd" }] }, "chaos.stock.faults[0].pattern must be"],
    [{ until, faults: [{ error: {} }] }, "chaos.stock.faults[0].error.code must be one of the error codes"],
    [{ until, faults: [{ error: { code: "teapot" } }] }, "chaos.stock.faults[0].error.code must be one of"],
    [{ until, faults: [{ error: { code: "internal", reason: "" } }] }, "chaos.stock.faults[0].error.reason must be"],
    ["chaos", "chaos.stock must be an object"],
  ])("is refused by the path of what is wrong: %j", (doc, message) => {
    expect(() => readChaos(doc, { where: "chaos.stock", now })).toThrow(message);
  });
});
