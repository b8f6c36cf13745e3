import { describe, expect, it } from "vitest";
import {
  allTo,
  asRouteDocument,
  newestStable,
  shared,
  sharesOf,
  whyTakenBack,
  withoutShare,
} from "./route-document.js";

const document = { sticky: { header: "x-user" }, weights: { "1.0.0": 75, "1.1.0": 25 } };

describe("a canary's document", () => {
  it("gives the candidate its share and the others the rest, in their proportions", () => {
    const share = { candidate: "1.2.0", weight: 20, others: document.weights, minCalls: 7 };
    expect(shared(document, share)).toEqual({
      sticky: { header: "x-user" },
      weights: { "1.0.0": 60, "1.1.0": 20, "1.2.0": 20 },
      rollback: { canary: "1.2.0", minCalls: 7 },
    });
  });

  it("keeps an operator's measures of what is worse, and forgets who was taken back before", () => {
    const before = { ...document, rollback: { canary: "1.1.0", p95Factor: 3 }, rolledBack: { version: "1.2.0" } };
    const share = { candidate: "1.2.0", weight: 50, others: { "1.0.0": 1 }, minCalls: undefined };
    expect(shared(before, share)).toEqual({
      sticky: { header: "x-user" },
      weights: { "1.0.0": 50, "1.2.0": 50 },
      rollback: { canary: "1.2.0", p95Factor: 3 },
    });
  });

  it("gives one version everything, and watches none", () => {
    const before = { ...document, rollback: { canary: "1.1.0" }, rolledBack: {} };
    expect(allTo(before, "1.2.0")).toEqual({ sticky: { header: "x-user" }, weights: { "1.2.0": 100 } });
  });

  it("takes a candidate's share away and leaves the others theirs", () => {
    const before = { ...document, rollback: { canary: "1.1.0" }, rolledBack: { version: "1.1.0", why: "slow" } };
    expect(withoutShare(before, { candidate: "1.1.0", others: {} })).toEqual({
      ...{ sticky: { header: "x-user" }, rolledBack: { version: "1.1.0", why: "slow" } },
      weights: { "1.0.0": 75, "1.1.0": 0 },
    });
  });

  it("leaves the trial alone that somebody has begun meanwhile", () => {
    const rollback = { canary: "1.2.0" };
    const weights = { "1.0.0": 70, "1.1.0": 20, "1.2.0": 10 };
    expect(withoutShare({ weights, rollback }, { candidate: "1.1.0", others: {} })).toEqual({
      weights: { ...weights, "1.1.0": 0 },
      rollback,
    });
  });

  it("never takes the last share away, which would be no rule at all", () => {
    const others = { "1.0.0": 100 };
    expect(withoutShare({ weights: { "1.1.0": 100 } }, { candidate: "1.1.0", others })).toEqual({
      weights: { "1.0.0": 100, "1.1.0": 0 },
    });
  });

  it("tells who has a share, of those alive", () => {
    const weights = { "1.0.0": 90, "0.9.0": 5, "^2.0.0": 5, "1.1.0": 0 };
    expect(sharesOf({ weights }, ["2.1.0", "1.1.0", "1.0.0"])).toEqual({ "1.0.0": 90, "^2.0.0": 5 });
    expect(sharesOf({}, ["1.0.0"])).toEqual({});
  });

  it("knows who gets all calls where nothing is written", () => {
    expect(newestStable(["2.0.0-rc.1", "1.1.0", "1.0.0"])).toBe("1.1.0");
    expect(newestStable(["2.0.0-rc.1"])).toBe("2.0.0-rc.1");
    expect(newestStable([])).toBeUndefined();
  });

  it("tells why a candidate has no share any longer", () => {
    const tried = { weights: { "1.1.0": 10 }, rollback: { canary: "1.1.0" } };
    expect(whyTakenBack(tried, "1.1.0")).toBeUndefined();
    const another = { weights: { "1.1.0": 10, "1.2.0": 10 }, rollback: { canary: "1.2.0" } };
    expect(whyTakenBack(another, "1.1.0")).toMatch("somebody tries another version");
    const rolledBack = { version: "1.1.0", why: "its p95 is 50 ms" };
    expect(whyTakenBack({ weights: { "1.1.0": 0 }, rolledBack }, "1.1.0")).toBe("its p95 is 50 ms");
    expect(whyTakenBack({ weights: { "1.0.0": 9 }, rolledBack }, "1.0.1")).toBe("somebody took its weight away");
  });

  it("that is none counts as empty", () => {
    for (const value of [undefined, null, 7, [], "x"]) expect(asRouteDocument(value)).toEqual({});
  });
});
