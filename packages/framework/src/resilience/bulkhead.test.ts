import { describe, expect, it } from "vitest";
import { type BulkheadOptions, bulkheadFull, createBulkhead } from "./bulkhead.js";

/** Calls by name; `ran` says which were run, in order. */
function setUp(options: BulkheadOptions) {
  const bulkhead = createBulkhead(options);
  const ran: string[] = [];
  const runs = new Map<string, () => void>();
  const runOf = (name: string) => {
    const run = runs.get(name) ?? (() => void ran.push(name));
    runs.set(name, run);
    return run;
  };
  return {
    bulkhead,
    ran,
    enter: (name: string) => bulkhead.enter(runOf(name)),
    drop: (name: string) => bulkhead.drop(runOf(name)),
  };
}

describe("a bulkhead", () => {
  it("runs calls at once while there are places, and refuses the rest", () => {
    const { bulkhead, ran, enter } = setUp({ maxInFlight: 2 });
    expect(["a", "b", "c"].map(enter)).toEqual(["entered", "entered", "refused"]);
    expect(ran).toEqual(["a", "b"]);
    expect(bulkhead).toMatchObject({ inFlight: 2, waiting: 0 });
  });

  it("lets some wait, and runs them in the order they came", () => {
    const { bulkhead, ran, enter } = setUp({ maxInFlight: 1, maxWaiting: 2 });
    expect(["a", "b", "c", "d"].map(enter)).toEqual(["entered", "waiting", "waiting", "refused"]);
    bulkhead.leave();
    expect(ran).toEqual(["a", "b"]);
    expect(enter("e")).toBe("waiting");
    bulkhead.leave();
    bulkhead.leave();
    expect(ran).toEqual(["a", "b", "c", "e"]);
    bulkhead.leave();
    expect(bulkhead).toMatchObject({ inFlight: 0, waiting: 0 });
    expect(enter("f")).toBe("entered");
  });

  it("forgets one that was given up while it waited", () => {
    const { bulkhead, ran, enter, drop } = setUp({ maxInFlight: 1, maxWaiting: 2 });
    ["a", "b", "c"].map(enter);
    expect([drop("b"), drop("b"), drop("a")]).toEqual([true, false, false]);
    expect(bulkhead.waiting).toBe(1);
    bulkhead.leave();
    expect(ran).toEqual(["a", "c"]);
  });

  it("runs any number of calls that end at once", () => {
    const bulkhead = createBulkhead({ maxInFlight: 1, maxWaiting: 100_000 });
    let ran = 0;
    bulkhead.enter(() => {});
    for (let call = 0; call < 100_000; call++) {
      bulkhead.enter(() => {
        ran += 1;
        bulkhead.leave();
      });
    }
    bulkhead.leave();
    expect(ran).toBe(100_000);
    expect(bulkhead).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it("keeps waiting calls in order when one enters while another is run", () => {
    const bulkhead = createBulkhead({ maxInFlight: 1, maxWaiting: 10 });
    const ran: string[] = [];
    bulkhead.enter(() => {});
    bulkhead.enter(() => {
      ran.push("b");
      bulkhead.leave();
      bulkhead.enter(() => void ran.push("d"));
    });
    bulkhead.enter(() => {
      ran.push("c");
      bulkhead.leave();
    });
    bulkhead.leave();
    expect(ran).toEqual(["b", "c", "d"]);
  });

  it("goes on after a call that throws when it is run", () => {
    const bulkhead = createBulkhead({ maxInFlight: 1, maxWaiting: 2 });
    const ran: string[] = [];
    bulkhead.enter(() => {});
    bulkhead.enter(() => {
      throw new Error("broken");
    });
    bulkhead.enter(() => void ran.push("c"));
    expect(() => bulkhead.leave()).toThrow("broken");
    bulkhead.leave();
    expect(ran).toEqual(["c"]);
  });

  it("keeps count of who is in when its width changes", () => {
    const { bulkhead, ran, enter } = setUp({ maxInFlight: 2, maxWaiting: 2 });
    for (const name of ["a", "b", "c", "d"]) enter(name);
    bulkhead.resize({ maxInFlight: 1 });
    bulkhead.leave();
    expect([ran, enter("e")]).toEqual([["a", "b"], "refused"]);
    bulkhead.resize({ maxInFlight: 3 });
    expect(ran).toEqual(["a", "b", "c", "d"]);
    expect(bulkhead).toMatchObject({ inFlight: 3, waiting: 0 });
  });

  it("wants to know how many", () => {
    expect(() => createBulkhead({} as BulkheadOptions)).toThrow(/^bulkhead\.maxInFlight must be/);
    expect(() => createBulkhead({ maxInFlight: 0 })).toThrow(/^bulkhead\.maxInFlight must be/);
    expect(() => createBulkhead({ maxInFlight: 1, maxWaiting: -1 })).toThrow(/^bulkhead\.maxWaiting must be/);
  });

  it("says by its error whose it is", () => {
    expect(bulkheadFull("stock", 3)).toMatchObject({ code: "resource_exhausted", reason: "bulkhead_full" });
  });
});
