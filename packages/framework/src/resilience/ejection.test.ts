import { describe, expect, it } from "vitest";
import { type ErrorCode, VastifyError } from "../core/index.js";
import { createEjection, type Ejection, type EjectionOptions } from "./ejection.js";

const error = (code: ErrorCode, reason?: string) => new VastifyError(code, "", { reason });
const broken = error("internal");
const unreachable = error("unavailable", "peer_unreachable");

function setUp(options: EjectionOptions = {}) {
  const clock = { ms: 0 };
  const ejection = createEjection(options, () => clock.ms);
  const failTimes = (times: number) => Array.from({ length: times }, () => ejection.failed(broken)).at(-1);
  return { clock, ejection, failTimes };
}

describe("an instance", () => {
  it("is out after five failures in a row, for ten seconds", () => {
    const { clock, ejection, failTimes } = setUp();
    expect(failTimes(4)).toBeUndefined();
    expect(ejection.isOut()).toBe(false);
    expect(failTimes(1)).toBe("ejected");
    expect(ejection).toMatchObject({ reason: "internal" });
    clock.ms = 9_999;
    expect([ejection.isOut(), ejection.outForMs()]).toEqual([true, 1]);
    clock.ms = 10_000;
    expect([ejection.isOut(), ejection.outForMs(), ejection.reason]).toEqual([false, 0, undefined]);
  });

  it.each<[string, (ejection: Ejection) => void]>([
    ["succeeds", (ejection) => ejection.succeeded()],
    ["answers with the caller's fault", (ejection) => void ejection.failed(error("not_found", "no_user"))],
  ])("that %s in between stays in", (_, answer) => {
    const { ejection, failTimes } = setUp();
    failTimes(4);
    answer(ejection);
    expect(failTimes(4)).toBeUndefined();
  });

  it("is not judged by calls that were canceled", () => {
    const { ejection, failTimes } = setUp();
    failTimes(4);
    ejection.failed(error("canceled"));
    expect(failTimes(1)).toBe("ejected");
  });

  it.each(["peer_unreachable", "peer_lost", "draining"])("is out at once when it is %s", (reason) => {
    const { ejection } = setUp();
    expect(ejection.failed(error("unavailable", reason))).toBe("ejected");
    expect(ejection).toMatchObject({ reason });
  });

  it("is out longer each time it comes back no better, up to a minute", () => {
    const { clock, ejection, failTimes } = setUp();
    const durations = Array.from({ length: 8 }, () => {
      failTimes(5);
      const ms = ejection.outForMs();
      clock.ms += ms;
      return ms;
    });
    expect(durations).toEqual([10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 60_000, 60_000]);
    ejection.succeeded();
    failTimes(5);
    expect(ejection.outForMs()).toBe(10_000);
  });

  it("that can't be reached is tried again every ten seconds", () => {
    const { clock, ejection } = setUp();
    for (let time = 0; time < 5; time++) {
      ejection.failed(unreachable);
      expect(ejection.outForMs()).toBe(10_000);
      clock.ms += 10_000;
    }
  });

  it("that is out stays out as long as was said, whatever its calls in flight do", () => {
    const { clock, ejection } = setUp();
    ejection.failed(unreachable);
    clock.ms = 6_000;
    expect(ejection.failed(unreachable)).toBeUndefined();
    ejection.succeeded();
    expect(ejection.outForMs()).toBe(4_000);
  });

  it("stays in when too many are out already, unless it can't be reached", () => {
    const { ejection, failTimes } = setUp();
    failTimes(4);
    expect(ejection.failed(broken, false)).toBeUndefined();
    expect(ejection.failed(unreachable, false)).toBe("ejected");
  });

  it("that was kept in goes out with its next failure once it may", () => {
    const { ejection, failTimes } = setUp();
    failTimes(4);
    ejection.failed(broken, false);
    expect(ejection.failed(broken)).toBe("ejected");
  });

  it("has options of the right kind", () => {
    expect(() => createEjection({ consecutive: 0 })).toThrow(/ejection\.consecutive/);
    expect(() => createEjection({ consecutve: 3 } as EjectionOptions)).toThrow(/ejection\.consecutve.*known here/);
  });
});
