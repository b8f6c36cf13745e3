import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { VastifyError } from "../core/index.js";
import { editsInTurn } from "./edits-in-turn.js";

/** Something with a version, whose edits take a few turns of the event loop between reading and writing. */
function versioned() {
  const stored = { version: 0, by: [] as string[] };
  let attempts = 0;
  return {
    stored,
    get attempts() {
      return attempts;
    },
    edit: (name: string) => async () => {
      attempts++;
      const { version } = stored;
      await nextTurn();
      await nextTurn();
      if (stored.version !== version) {
        throw new VastifyError("failed_precondition", "changed", { reason: "version_conflict" });
      }
      stored.version++;
      stored.by.push(name);
      return name;
    },
  };
}

const names = Array.from({ length: 100 }, (_, index) => `edit ${index}`);
const never = new Promise<never>(() => {});

describe("edits in turn", () => {
  it("are made once each, in the order they were asked for, however many there are", async () => {
    const thing = versioned();
    const edit = editsInTurn();
    expect(await Promise.all(names.map((name) => edit("a", thing.edit(name))))).toEqual(names);
    expect(thing.stored.by).toEqual(names);
    expect(thing.attempts).toBe(names.length);
  });

  it("are repeated when another process was quicker", async () => {
    const thing = versioned();
    const edited = editsInTurn({ random: () => 0 })("a", () => {
      const ours = thing.edit("ours")();
      if (thing.attempts === 1) thing.stored.version++;
      return ours;
    });
    expect(await edited).toBe("ours");
    expect(thing.attempts).toBe(2);
  });

  it("of something else don't wait", async () => {
    const edit = editsInTurn();
    void edit("a", () => never);
    expect(await edit("b", async () => "done")).toBe("done");
  });

  it("go on behind one that failed", async () => {
    const edit = editsInTurn();
    const failed = edit("a", () => Promise.reject(new Error("no such user")));
    const next = edit("a", async () => "done");
    await expect(failed).rejects.toThrow("no such user");
    expect(await next).toBe("done");
  });

  it("go on behind one that hangs, once it is given up", async () => {
    const edit = editsInTurn();
    const hanging = edit("a", () => never, AbortSignal.timeout(10));
    const next = edit("a", async () => "done");
    await expect(hanging).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await next).toBe("done");
  });

  it("are not begun when they were given up while they waited, and hold the order", async () => {
    const thing = versioned();
    const edit = editsInTurn();
    const gone = new AbortController();
    const first = edit("a", thing.edit("first"));
    const second = edit("a", thing.edit("second"), gone.signal);
    gone.abort();
    await expect(second).rejects.toMatchObject({ name: "AbortError" });
    const third = edit("a", thing.edit("third"));
    await Promise.all([first, third]);
    expect(thing.stored.by).toEqual(["first", "third"]);
    expect(thing.attempts).toBe(2);
  });
});
