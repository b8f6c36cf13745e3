import { describe, expect, it } from "vitest";
import { testPeer } from "../../test/support/peers.js";
import { seededRandom } from "../../test/support/seeded.js";
import { VastifyError } from "../core/index.js";
import { type Balance, createBalancer, expectBalance } from "./balance.js";
import { Peer } from "./peer.js";

const peer = (id: string, joinedAt?: number) => testPeer({ id, ...(joinedAt !== undefined && { joinedAt }) });
const peers = (count: number) => Array.from({ length: count }, (_, i) => peer(`t@${i}`));
const balancer = (some: readonly Peer[], balance: Balance) => {
  Peer.layOut(some);
  return createBalancer({ peers: some, balance, slowStartMs: 10_000, random: seededRandom(1) });
};
const choice = { message: {}, now: 1_000, except: undefined };
const out = (one: Peer) => one.failed(unreachable());

function unreachable() {
  return new VastifyError("unavailable", "nobody is there", { reason: "peer_unreachable" });
}

function countPicks(pick: () => Peer | undefined, times: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const id = pick()?.instance.id ?? "none";
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

const everyWay: readonly Balance[] = ["p2c", "least-in-flight", "round-robin", "random", { hash: "user" }];

describe.each(everyWay)("balancing by %j", (balance) => {
  it("passes over an instance that is out", () => {
    const some = peers(3);
    out(some[1] as Peer);
    const pick = balancer(some, balance);
    const counts = countPicks(() => pick({ ...choice, message: { user: String(Math.random()) } }), 300);
    expect(Object.keys(counts).sort()).toEqual(["t@0", "t@2"]);
  });

  it("gives another one than that which has just failed", () => {
    const some = peers(2);
    const pick = balancer(some, balance);
    for (let i = 0; i < 20; i++) expect(pick({ ...choice, except: some[0] })?.instance.id).toBe("t@1");
  });

  it("gives none when all are out", () => {
    const some = peers(3);
    for (const one of some) out(one);
    expect(balancer(some, balance)(choice)).toBeUndefined();
    expect(balancer([], balance)(choice)).toBeUndefined();
  });
});

describe("power of two choices", () => {
  it("keeps calls away from a slow instance", () => {
    const some = peers(5);
    for (const one of some) one.observe(one.instance.id === "t@0" ? 100 : 5, choice.now);
    const counts = countPicks(() => balancer(some, "p2c")(choice), 1_000);
    expect(counts["t@0"] ?? 0).toBe(0);
  });

  it("asks a slow instance again after a while", () => {
    const some = peers(2);
    some[0]?.observe(100, 0);
    some[1]?.observe(5, 60_000);
    expect(balancer(some, "p2c")({ ...choice, now: 60_000 })?.instance.id).toBe("t@0");
  });

  it("does not pile calls on a new instance whose latency nobody knows", () => {
    const some = peers(2);
    some[1]?.observe(5, choice.now);
    const fresh = some[0] as Peer;
    fresh.inFlight = 1;
    expect(balancer(some, "p2c")(choice)?.instance.id).toBe("t@1");
  });

  it("lets a new instance warm up", () => {
    const [old, fresh] = [peer("old"), peer("fresh", 0)];
    for (const one of [old, fresh]) one.observe(5, choice.now);
    old.inFlight = 3;
    expect(balancer([old, fresh], "p2c")(choice)?.instance.id).toBe("old");
    expect(balancer([old, fresh], "p2c")({ ...choice, now: 11_000 })?.instance.id).toBe("fresh");
  });
});

describe("round robin", () => {
  it("takes turns", () => {
    const pick = balancer(peers(3), "round-robin");
    expect(countPicks(() => pick(choice), 300)).toEqual({ "t@0": 100, "t@1": 100, "t@2": 100 });
  });

  it("gives a new instance less at first", () => {
    const pick = balancer([...peers(1), peer("fresh", 0)], "round-robin");
    const counts = countPicks(() => pick(choice), 1_000);
    expect(counts.fresh).toBeLessThan(150);
    expect(counts.fresh).toBeGreaterThan(10);
  });
});

describe("hashing", () => {
  it("sends the same value to the same instance, and only that value elsewhere while it is out", () => {
    const some = peers(5);
    const pick = balancer(some, { hash: "user" });
    const places = (users: readonly number[]) =>
      users.map((user) => pick({ ...choice, message: { user } })?.instance.id);
    const users = Array.from({ length: 200 }, (_, i) => i);
    const before = places(users);
    expect(places(users)).toEqual(before);
    expect(new Set(before).size).toBe(5);
    out(some[2] as Peer);
    const after = places(users);
    for (const [i, place] of before.entries()) if (place !== "t@2") expect(after[i]).toBe(place);
    expect(new Set(after).size).toBe(4);
  });
});

describe("a way to balance", () => {
  it.each(["fastest", { hash: "" }, {}, null, 7])("%j is refused", (balance) => {
    expect(() => expectBalance("routing.balance", balance)).toThrow(/routing\.balance must be one of p2c/);
  });
});
