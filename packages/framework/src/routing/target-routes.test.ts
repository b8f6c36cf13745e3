import { describe, expect, it } from "vitest";
import { type PeerFacts, testPeer } from "../../test/support/peers.js";
import { seededRandom } from "../../test/support/seeded.js";
import { VastifyError } from "../core/index.js";
import { createCircuit } from "../resilience/index.js";
import { type RouteRules, readRouteRules } from "./route-rules.js";
import { type Ask, createTargetRoutes, versionsFor } from "./target-routes.js";

function routes(peers: readonly PeerFacts[], rules: RouteRules = {}, zone?: string) {
  const made = peers.map(testPeer);
  const table = createTargetRoutes({
    ...{ target: "t", peers: made, rules, balance: "round-robin", zone, slowStartMs: 0, random: seededRandom(3) },
  });
  const pick = (ask: Partial<Ask> = {}) => {
    const whole = { version: undefined, headers: undefined, message: {}, now: 0, except: undefined, ...ask };
    return table.choose(whole)?.balance(whole)?.instance;
  };
  return { table, pick, peers: made };
}

function shares<T extends string | undefined>(pick: () => T, times: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const id = pick() ?? "none";
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).map(([id, count]) => [id, count / times]));
}

describe("versionsFor", () => {
  const alive = ["3.0.0-beta.1", "2.1.0", "2.0.0", "1.0.0"];
  it.each([
    [undefined, ["2.1.0"]],
    ["1.0.0", ["1.0.0"]],
    ["^2.0.0", ["2.1.0", "2.0.0"]],
    ["2", ["2.1.0", "2.0.0"]],
    [">=1", ["2.1.0", "2.0.0", "1.0.0"]],
    ["3.0.0-beta.1", ["3.0.0-beta.1"]],
    ["^9", []],
  ])("%s means %j", (range, expected) => {
    expect(versionsFor(alive, range)).toEqual(expected);
  });

  it.each([
    [undefined, ["1.0.0+b", "1.0.0+a"]],
    ["1.0.0", ["1.0.0+b", "1.0.0+a"]],
    ["1.0.0+a", ["1.0.0+a"]],
  ])("of two builds of one version, %s means %j", (range, expected) => {
    expect(versionsFor(["1.0.0+b", "1.0.0+a", "0.9.0"], range)).toEqual(expected);
  });

  it("never gives a prerelease that was not asked for", () => {
    expect(versionsFor(["1.0.0-rc.1"], undefined)).toEqual([]);
  });
});

describe("routes without rules", () => {
  const three = [
    { id: "a", version: "1.0.0" },
    { id: "b", version: "1.0.0" },
    { id: "c", version: "2.0.0" },
  ];

  it("take the newest stable version, or what satisfies the range", () => {
    const { pick } = routes(three);
    expect(pick()?.id).toBe("c");
    expect(pick({ version: "1.0.0" })?.version).toBe("1.0.0");
    expect(Object.keys(shares(() => pick({ version: "*" })?.id, 30)).sort()).toEqual(["a", "b", "c"]);
  });

  it("have nothing for a version that nobody runs, nor for an instance that answers no calls", () => {
    expect(routes(three).pick({ version: "^3" })).toBeUndefined();
    expect(routes([]).pick()).toBeUndefined();
    expect(routes([{ id: "gateway", callable: false }]).pick()).toBeUndefined();
  });

  it("give an instance that is out rather than none, and another than that which has just failed", () => {
    const { pick, peers } = routes([{ id: "a" }, { id: "b" }]);
    for (const peer of peers) {
      peer.failed(new VastifyError("unavailable", "gone", { reason: "peer_unreachable" }));
    }
    expect(pick()).toBeDefined();
    for (let i = 0; i < 10; i++) expect(pick({ except: peers[0] })?.id).toBe("b");
  });

  it("give none whose circuit is open", () => {
    const { pick, peers } = routes([{ id: "a" }]);
    const [peer] = peers;
    if (!peer) throw new Error("no peer");
    peer.circuit = createCircuit({ failures: 1 }, () => 0);
    peer.circuit.failed();
    expect(pick()).toBeUndefined();
  });

  it("prefer their own zone, and leave it when nobody is well there", () => {
    const { pick, peers } = routes(
      [
        { id: "near", zone: "a" },
        { id: "far", zone: "b" },
      ],
      {},
      "a",
    );
    expect(shares(() => pick()?.id, 10)).toEqual({ near: 1 });
    peers[0]?.failed(new VastifyError("unavailable", "gone", { reason: "peer_unreachable" }));
    expect(shares(() => pick()?.id, 10)).toEqual({ far: 1 });
  });

  it("leave their own zone while it is crowded and others are not", () => {
    const [near, far] = [
      { id: "near", zone: "a" },
      { id: "far", zone: "b" },
    ];
    const { pick, peers } = routes([near, far], {}, "a");
    const pickAt = (nearInFlight: number, farInFlight: number) => {
      Object.assign(peers[0] as object, { inFlight: nearInFlight });
      Object.assign(peers[1] as object, { inFlight: farInFlight });
      return pick()?.id;
    };
    expect([pickAt(99, 0), pickAt(100, 0), pickAt(400, 120), pickAt(400, 90)]).toEqual(["near", "far", "near", "far"]);
    const kept = routes([near, far], { balance: { hash: "id" } }, "a");
    Object.assign(kept.peers[0] as object, { inFlight: 1_000 });
    expect(kept.pick({ message: { id: "x" } })?.id).toBe("near");
  });
});

describe("weights", () => {
  const two = [
    { id: "old", version: "1.0.0" },
    { id: "new", version: "1.1.0" },
  ];
  const tenth: RouteRules = { weights: { "1.0.0": 90, "1.1.0": 10 } };

  it("share calls out as they say", () => {
    const { pick } = routes(two, tenth);
    const { new: canary = 0 } = shares(() => pick()?.id, 10_000);
    expect(canary).toBeGreaterThan(0.08);
    expect(canary).toBeLessThan(0.12);
  });

  it("do so among the versions that satisfy a range, and not for one exact version", () => {
    const { pick } = routes([...two, { id: "next", version: "2.0.0" }], tenth);
    expect(Object.keys(shares(() => pick({ version: "^1.0.0" })?.id, 1_000)).sort()).toEqual(["new", "old"]);
    expect(shares(() => pick({ version: "1.1.0" })?.id, 100)).toEqual({ new: 1 });
    expect(shares(() => pick({ version: "^2" })?.id, 100)).toEqual({ next: 1 });
  });

  it("leave a version with a weight of its own out of a range's", () => {
    const { pick } = routes(two, { weights: { "^1.0.0": 80, "1.1.0": 0 } });
    expect(shares(() => pick()?.id, 100)).toEqual({ old: 1 });
  });

  it("let a prerelease take part that they name", () => {
    const rules = { weights: { "1.0.0": 1, "1.1.0-rc.1": 1 } };
    const { pick } = routes(
      [
        { id: "old", version: "1.0.0" },
        { id: "rc", version: "1.1.0-rc.1" },
      ],
      rules,
    );
    expect(shares(() => pick()?.id, 1_000).rc).toBeGreaterThan(0.4);
  });

  it("go to the others when a version is not alive, and to the newest stable one when none is", () => {
    expect(shares(() => routes(two.slice(0, 1), tenth).pick()?.id, 10)).toEqual({ old: 1 });
    expect(routes([{ id: "next", version: "2.0.0" }], tenth).pick()?.id).toBe("next");
  });

  it("give a version with weight 0 nothing", () => {
    const { pick } = routes(two, { weights: { "1.0.0": 100, "1.1.0": 0 } });
    expect(shares(() => pick()?.id, 100)).toEqual({ old: 1 });
  });
});

describe("a sticky rule", () => {
  const two = [
    { id: "old", version: "1.0.0" },
    { id: "new", version: "1.1.0" },
  ];
  const users = Array.from({ length: 2_000 }, (_, i) => `user-${i}`);

  it("keeps a value with one version, and its shares with the weights", () => {
    const { pick } = routes(two, { weights: { "1.0.0": 90, "1.1.0": 10 }, sticky: { field: "user" } });
    const places = () => users.map((user) => pick({ message: { user } })?.id);
    const first = places();
    expect(places()).toEqual(first);
    const canary = first.filter((id) => id === "new").length / users.length;
    expect(canary).toBeGreaterThan(0.07);
    expect(canary).toBeLessThan(0.13);
  });

  it("moves only those that must move when the canary grows", () => {
    const canaryAt = (weight: number) => {
      const { pick } = routes(two, {
        weights: { "1.0.0": 100 - weight, "1.1.0": weight },
        sticky: { header: "x-user" },
      });
      return users.filter((user) => pick({ headers: { "x-user": user } })?.id === "new");
    };
    const [small, large] = [canaryAt(10), canaryAt(30)];
    expect(small.every((user) => large.includes(user))).toBe(true);
  });
});

describe("an override", () => {
  it("lets a tester's call name its version", () => {
    const { pick } = routes(
      [
        { id: "old", version: "1.0.0" },
        { id: "rc", version: "2.0.0-rc.1" },
      ],
      {
        override: { header: "x-version" },
      },
    );
    expect(pick()?.id).toBe("old");
    expect(pick({ headers: { "x-version": "2.0.0-rc.1" } })?.id).toBe("rc");
    expect(pick({ headers: { "x-version": "9" } })).toBeUndefined();
  });
});

describe("a document of rules", () => {
  it("is read with its defaults", () => {
    const read = readRouteRules({
      weights: { "1.0.0": 9, "^1.1": 1 },
      rollback: { canary: "^1.1" },
      sticky: { header: "X-User" },
    });
    expect(read).toMatchObject({
      rules: { rollback: { errorRateFactor: 2, p95Factor: 2, minCalls: 100 }, sticky: { header: "x-user" } },
    });
  });

  it.each([
    [{ weights: { newest: 1 } }, "weights.newest"],
    [{ weights: { "1.0.0": -1 } }, "weights.1.0.0"],
    [{ weights: { "1.0.0": 0 } }, "weights"],
    [{ sticky: { cookie: "a" } }, "sticky"],
    [{ rollback: { canary: "1.0.0" } }, "rollback.canary"],
    [{ wieghts: {} }, "wieghts"],
    [{ balance: "best" }, "balance"],
    [[], "the document"],
  ])("%j is refused by the name of what is wrong", (document, name) => {
    expect(readRouteRules(document)).toEqual({ problem: expect.stringContaining(name) });
  });
});
