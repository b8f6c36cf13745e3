import { describe, expect, it } from "vitest";
import { composeGuards } from "../route-guard.js";
import type { OfferedRoute } from "../route-versions.js";
import { shareGuard } from "./share-guard.js";

describe("requests under way", () => {
  it("are so many for each sender, and end with an answer or a failure", async () => {
    const guard = composeGuards([shareGuard(1, (ctx) => (ctx as { ip?: string }).ip ?? "")]);
    const pass = (ip: string, next: () => Promise<void> = async () => {}) =>
      guard({ ip } as never, {} as OfferedRoute, next);
    let fail: (error: Error) => void = () => {};
    const under = pass("a", () => new Promise((_, reject) => (fail = reject)));
    await expect(pass("a")).rejects.toMatchObject({ code: "resource_exhausted", reason: "too_many_at_once" });
    await expect(pass("b")).resolves.toBeUndefined();
    fail(new Error("broken"));
    await expect(under).rejects.toThrow("broken");
    await expect(pass("a")).resolves.toBeUndefined();
  });
});
