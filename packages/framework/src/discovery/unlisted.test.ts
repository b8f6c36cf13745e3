import { describe, expect, it } from "vitest";
import { silentLogger } from "../core/index.js";
import type { Presence } from "./ask-presence.js";
import type { Instance } from "./instance.js";
import { createUnlisted } from "./unlisted.js";

function instanceOf(id: string): Instance {
  return {
    ...{ id, target: "a", version: "1.0.0", host: "10.0.0.1", httpPort: 80 },
    ...{ endpoint: null, description: "d", zone: undefined },
  };
}

/** A world whose clock moves only when `passRounds` says so. */
function world(keepMs = 600_000) {
  const says = new Map<string, Presence>();
  const asked: string[] = [];
  const gone: string[] = [];
  const warnings: string[] = [];
  let ms = 0;
  let sleepers: { until: number; wake: () => void }[] = [];
  const unlisted = createUnlisted({
    log: { ...silentLogger, warn: (message) => warnings.push(message) },
    keepMs,
    ask: async ({ id }) => {
      asked.push(id);
      if (id === "a@odd") throw new RangeError("no such port");
      return says.get(id) ?? "there";
    },
    now: () => ms,
    random: () => 0.5,
    pause: (pauseMs) => new Promise((wake) => sleepers.push({ until: ms + pauseMs, wake })),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    ...{ unlisted, says, asked, gone, warnings, settle },
    keep: (id: string) => unlisted.keep(instanceOf(id), () => gone.push(id)),
    async pass(passedMs: number) {
      const end = ms + passedMs;
      for (;;) {
        await settle();
        const next = sleepers.toSorted((a, b) => a.until - b.until)[0];
        if (!next || next.until > end) break;
        ms = next.until;
        sleepers = sleepers.filter((one) => one !== next);
        next.wake();
      }
      ms = end;
    },
  };
}

describe("an instance that Consul lists no longer", () => {
  it("is asked at once, and again every two seconds while it answers", async () => {
    const { keep, asked, pass, gone, unlisted } = world();
    keep("a@1");
    await pass(0);
    expect(asked).toHaveLength(1);
    await pass(10_000);
    expect(asked).toHaveLength(6);
    expect([gone, unlisted.size]).toEqual([[], 1]);
  });

  it("is gone at once when it says so", async () => {
    const { keep, says, pass, gone, unlisted } = world();
    says.set("a@1", "gone");
    keep("a@1");
    keep("a@2");
    await pass(0);
    expect([gone, unlisted.size]).toEqual([["a@1"], 1]);
  });

  it("is gone after three silences in a row, not after two with an answer between", async () => {
    const { keep, says, pass, gone } = world();
    says.set("a@1", "silent");
    keep("a@1");
    await pass(2_000);
    says.set("a@1", "there");
    await pass(2_000);
    says.set("a@1", "silent");
    await pass(4_000);
    expect(gone).toEqual([]);
    await pass(2_000);
    expect(gone).toEqual(["a@1"]);
  });

  it("is gone after a while when it can't even be asked", async () => {
    const { keep, pass, gone } = world();
    keep("a@odd");
    await pass(4_000);
    expect(gone).toEqual(["a@odd"]);
  });

  it("is kept no longer than it may, however well it answers", async () => {
    const { keep, pass, gone } = world(60_000);
    keep("a@1");
    await pass(59_000);
    expect(gone).toEqual([]);
    await pass(3_000);
    expect(gone).toEqual(["a@1"]);
  });

  it("is asked no more once it is let go", async () => {
    const { keep, asked, pass, gone, unlisted } = world();
    const letGo = keep("a@1");
    await pass(0);
    letGo();
    await pass(10_000);
    expect([asked.length, gone, unlisted.size]).toEqual([1, [], 0]);
  });

  it("is told of in the log once, however many there are, and again after the next outage", async () => {
    const { keep, pass, warnings } = world();
    const outage = async () => {
      const letGo = ["a@1", "a@2", "a@3"].map(keep);
      await pass(4_000);
      for (const one of letGo) one();
    };
    await outage();
    expect(warnings).toEqual([expect.stringContaining("a@1")]);
    await outage();
    expect(warnings).toHaveLength(2);
  });

  it("is asked less often when there are thousands", async () => {
    const { keep, asked, pass } = world();
    for (let number = 0; number < 1_000; number++) keep(`a@${number}`);
    await pass(0);
    await pass(9_000);
    expect(asked).toHaveLength(1_000);
    await pass(2_000);
    expect(asked).toHaveLength(2_000);
  });
});
