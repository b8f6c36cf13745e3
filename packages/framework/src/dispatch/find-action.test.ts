import { afterAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../test/support/seeded.js";
import { silentLogger } from "../core/index.js";
import { closeSeneca, createSeneca } from "./create-seneca.js";
import { createFinder } from "./find-action.js";

const seneca = createSeneca({ tag: "t", timeoutMs: 1_000, log: silentLogger });
afterAll(() => closeSeneca(seneca));

function seeded(seed: number): (below: number) => number {
  const random = seededRandom(seed);
  return (below) => Math.floor(random() * below);
}

const keys = ["$$target", "a", "b", "c", "cmd", "zone"];
const patternValues = ["x", "y", "xy", "1", 1, true, "*", "x*"];
const messageValues = [...patternValues, "z", null, undefined, "constructor", "__proto__"];

function randomMessage(
  random: (below: number) => number,
  values: readonly unknown[],
  parts: number,
): Record<string, unknown> {
  const entries = Array.from({ length: 1 + random(parts) }, () => [
    keys[random(keys.length)],
    values[random(values.length)],
  ]);
  return Object.fromEntries(entries);
}

describe("finding an action", () => {
  it("finds what Seneca finds, whatever the patterns and messages", () => {
    const random = seeded(7);
    for (let i = 0; i < 400; i++) seneca.add(randomMessage(random, patternValues, 3), (_message, reply) => reply());
    const find = createFinder(seneca);
    let found = 0;
    for (let i = 0; i < 20_000; i++) {
      const message = randomMessage(random, messageValues, 5);
      const expected = seneca.find(message) ?? undefined;
      const got = find(message) ?? seneca.find(message) ?? undefined;
      expect(got?.id, JSON.stringify(message)).toBe(expected?.id);
      if (got) found += 1;
    }
    expect(found).toBeGreaterThan(5_000);
  });

  it("sees actions added and replaced after it has looked for them", () => {
    const find = createFinder(seneca);
    expect(find({ added: "later" })?.pattern).not.toBe("added:later");
    seneca.add("added:later", (_message, reply) => reply());
    const first = find({ added: "later" });
    seneca.add("added:later", (_message, reply) => reply());
    const second = find({ added: "later" });
    seneca.add("adde:before,added:later", (_message, reply) => reply());
    expect(first?.pattern).toBe("added:later");
    expect(second?.priordef).toBe(first);
    expect(find({ adde: "before", added: "later" })?.pattern).toBe("adde:before,added:later");
  });
});
