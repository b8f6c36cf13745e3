import { expect, test } from "vitest";
import { VastifyError } from "../core/index.js";
import { createEjection } from "../resilience/index.js";
import { Peer, rowWidth } from "./peer.js";
import { createRows } from "./rows.js";

const newRow = createRows(rowWidth);
let time = 0;

function peer(): Peer {
  const instance = { id: "i", target: "t", version: "1.0.0", host: "h", httpPort: 1, endpoint: null, zone: undefined };
  return new Peer({
    instance: { ...instance, description: undefined },
    ejection: createEjection({ consecutive: 2, baseMs: 100 }, () => time),
    circuit: undefined,
    joinedAt: 7,
    row: newRow(),
  });
}

const broken = () => new VastifyError("internal", "it broke");

test("what is seen of one instance says nothing of its neighbour", () => {
  const [one, other] = [peer(), peer()];
  one.observe(50, 10);
  one.inFlight += 3;
  expect([one.latencyAt(10), one.inFlight, one.joinedAt]).toEqual([50, 3, 7]);
  expect([other.latencyAt(10), other.inFlight, other.joinedAt]).toEqual([0, 0, 7]);
  expect(one.costAt(10)).toBe(200);
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
