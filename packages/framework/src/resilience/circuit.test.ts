import { describe, expect, it } from "vitest";
import { type CircuitOptions, circuitOpen, createCircuit } from "./circuit.js";

function setUp(options: CircuitOptions = {}) {
  const clock = { ms: 0 };
  const circuit = createCircuit(
    options,
    () => clock.ms,
    () => 1,
  );
  const fail = (times: number) => {
    for (let time = 0; time < times; time++) circuit.failed();
  };
  /** Its first probe is about to be allowed. */
  const openAndWait = () => {
    fail(options.failures ?? 5);
    clock.ms += options.openMs ?? 10_000;
  };
  return { clock, circuit, fail, openAndWait };
}

describe("a circuit", () => {
  it("opens after five failures in a row", () => {
    const { circuit, fail } = setUp();
    fail(4);
    expect(circuit.allows()).toBe(true);
    fail(1);
    expect(circuit.allows()).toBe(false);
    expect(circuit).toMatchObject({ state: "open" });
    expect(circuit.describe()).toBe("open for another 10000 ms: 5 failures in a row");
  });

  it("does not open when calls succeed in between", () => {
    const { circuit, fail } = setUp();
    for (let round = 0; round < 10; round++) {
      fail(4);
      circuit.succeeded();
    }
    expect(circuit.state).toBe("closed");
  });

  it("opens at an error rate, but not on few calls", () => {
    const { circuit } = setUp({ failures: 1_000, errorRate: 0.5, minCalls: 10 });
    for (let pair = 0; pair < 4; pair++) {
      circuit.succeeded();
      circuit.failed();
    }
    expect(circuit.state).toBe("closed");
    circuit.succeeded();
    circuit.failed();
    expect(circuit.state).toBe("open");
    expect(circuit.describe()).toContain("5 of 10 calls failed");
  });

  it("forgets the errors of before when it closes again", () => {
    const { circuit, clock } = setUp({ failures: 1_000, errorRate: 0.5, minCalls: 10, windowMs: 60_000 });
    for (let call = 0; call < 10; call++) circuit.failed();
    clock.ms = 10_000;
    circuit.allows();
    circuit.succeeded();
    circuit.failed();
    expect(circuit.state).toBe("closed");
  });

  it("lets one call probe at a time, and closes when it is answered", () => {
    const { circuit, openAndWait } = setUp();
    openAndWait();
    expect([circuit.allows(), circuit.allows()]).toEqual([true, false]);
    expect(circuit).toMatchObject({ state: "half_open" });
    expect(circuit.describe()).toBe("half-open: its probe is out");
    circuit.succeeded();
    expect(circuit.state).toBe("closed");
    expect([circuit.allows(), circuit.allows()]).toEqual([true, true]);
  });

  it("may be asked whether it refuses without sending a probe", () => {
    const { circuit, openAndWait } = setUp();
    openAndWait();
    expect([circuit.refuses(), circuit.refuses(), circuit.state]).toEqual([false, false, "open"]);
    expect(circuit.allows()).toBe(true);
    expect(circuit.refuses()).toBe(true);
  });

  it("is open twice as long after each failed probe, up to a minute, and as before once it was well", () => {
    const { circuit, clock, openAndWait, fail } = setUp();
    openAndWait();
    const waits = Array.from({ length: 4 }, () => {
      circuit.allows();
      circuit.failed();
      const from = clock.ms;
      while (circuit.refuses()) clock.ms += 1_000;
      return clock.ms - from;
    });
    expect(waits).toEqual([20_000, 40_000, 60_000, 60_000]);
    circuit.allows();
    circuit.succeeded();
    fail(5);
    expect(circuit.describe()).toContain("open for another 10000 ms");
  });

  it("jitters how long it is open after a failed probe, down to half", () => {
    let ms = 0;
    const circuit = createCircuit(
      { failures: 1, openMs: 1_000 },
      () => ms,
      () => 0,
    );
    circuit.failed();
    ms = 1_000;
    circuit.allows();
    circuit.failed();
    // Half of 2,000.
    expect(circuit.describe()).toContain("another 1000 ms");
  });

  it("lets the next call probe when the probe was given up", () => {
    const { circuit, openAndWait } = setUp();
    openAndWait();
    circuit.allows();
    circuit.released();
    expect(circuit.describe()).toBe("half-open: the next call probes");
    expect(circuit.allows()).toBe(true);
  });

  it("does not wait for ever for a probe that never comes back", () => {
    const { circuit, clock, openAndWait } = setUp();
    openAndWait();
    circuit.allows();
    clock.ms += 9_999;
    expect(circuit.allows()).toBe(false);
    clock.ms += 1;
    expect(circuit.allows()).toBe(true);
  });

  it("takes no notice of calls that were sent before it opened", () => {
    const { circuit, openAndWait } = setUp();
    openAndWait();
    circuit.succeeded();
    circuit.failed();
    circuit.released();
    expect(circuit.state).toBe("open");
    circuit.allows();
    circuit.released();
    circuit.succeeded();
    circuit.failed();
    expect(circuit.state).toBe("half_open");
  });

  it.each([
    [{ failures: 0 }, /^circuit\.failures/],
    [{ errorRate: 2 }, /^circuit\.errorRate/],
    [{ openMs: -1 }, /^circuit\.openMs/],
  ])("refuses %j", (options, message) => {
    expect(() => createCircuit(options)).toThrow(message);
  });

  it("says by its error whose it is", () => {
    expect(circuitOpen("stock")).toMatchObject({ code: "unavailable", reason: "circuit_open" });
  });
});
