import { expect, test } from "vitest";
import { VastifyError } from "../core/index.js";
import { createEjection } from "../resilience/index.js";
import { Peer } from "./peer.js";

let time = 0;

function peer(): Peer {
  const instance = { id: "i", target: "t", version: "1.0.0", host: "h", httpPort: 1, endpoint: null, zone: undefined };
  return new Peer({
    instance: { ...instance, description: undefined },
    ejection: createEjection({ consecutive: 2, baseMs: 100 }, () => time),
    circuit: undefined,
    joinedAt: 7,
  });
}

const broken = () => new VastifyError("internal", "it broke");

test("what is seen of one instance says nothing of its neighbours, also when they are laid out anew", () => {
  const [one, other] = [peer(), peer()];
  Peer.layOut([one, other]);
  one.observe(50, 10);
  one.inFlight += 3;
  for (const order of [[one, other], [other, one], [peer(), one, peer(), other], [one]]) {
    Peer.layOut(order);
    expect([one.latencyAt(10), one.inFlight, one.shareAt(10, 6)]).toEqual([50, 3, 0.5]);
    expect([other.latencyAt(10), other.inFlight, other.shareAt(10, 6)]).toEqual([0, 0, 0.5]);
  }
  other.inFlight += 1;
  expect([one.inFlight, other.inFlight]).toEqual([3, 1]);
  expect(() => Peer.numbersOf([one, other])).toThrow("not laid out together");
});

test("an instance that fails is passed over for its time, and answers clear what it failed before", () => {
  const one = peer();
  one.failed(broken());
  one.succeeded();
  expect(one.failed(broken())).toBeUndefined();
  expect(one.failed(broken())).toBe("ejected");
  one.succeeded();
  expect([one.isOut, one.isEjected, one.ejectedForMs(), one.ejectedFor]).toEqual([true, true, 100, "internal"]);
  time += 100;
  expect([one.isOut, one.isEjected, one.ejectedForMs(), one.ejectedFor]).toEqual([false, false, 0, undefined]);
});
