import { describe, expect, it } from "vitest";
import { memorySeen } from "./seen-messages.js";

describe("messages seen, kept in memory", () => {
  it("are first, then at work elsewhere, then handled", async () => {
    const seen = memorySeen();
    expect(await seen.claim("a")).toBe("first");
    expect(await seen.claim("a")).toBe("elsewhere");
    await seen.settle("a", true);
    expect(await seen.claim("a")).toBe("handled");
    expect(await seen.claim("b")).toBe("first");
  });

  it("may be tried again after a failure, and when whoever was at it never came back", async () => {
    let now = 0;
    const seen = memorySeen({ leaseMs: 100, now: () => now });
    await seen.claim("a");
    await seen.settle("a", false);
    expect(await seen.claim("a")).toBe("first");
    now = 101;
    expect(await seen.claim("a")).toBe("first");
  });

  it("are forgotten, the oldest first, when there are too many", async () => {
    const seen = memorySeen({ maxIds: 2 });
    for (const id of ["a", "b", "c"]) {
      await seen.claim(id);
      await seen.settle(id, true);
    }
    expect(await Promise.all(["a", "b", "c"].map((id) => seen.claim(id)))).toEqual(["first", "handled", "handled"]);
  });
});
