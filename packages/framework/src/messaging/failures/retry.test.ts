import { describe, expect, it } from "vitest";
import { VastifyError } from "../../core/index.js";
import { resolveRetry } from "./retry.js";

describe("how failed messages are repeated", () => {
  it("is by a ladder, unless it is told otherwise", () => {
    expect(resolveRetry("jobs.retry").delaysMs).toEqual([1_000, 5_000, 30_000, 120_000]);
    expect(resolveRetry("jobs.retry", false).delaysMs).toEqual([]);
    expect(resolveRetry("jobs.retry", { delaysMs: [5] }).delaysMs).toEqual([5]);
  });

  it("spares what no repetition can help", () => {
    const { when } = resolveRetry("jobs.retry");
    expect(when(new VastifyError("invalid_argument", "no"))).toBe(false);
    expect(when(new VastifyError("unimplemented", "no"))).toBe(false);
    expect(when(new VastifyError("unavailable", "no"))).toBe(true);
    expect(when(new VastifyError("internal", "no"))).toBe(true);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "5"])("is refused with a delay of %s", (ms) => {
    expect(() => resolveRetry("jobs.retry", { delaysMs: [ms as number] })).toThrow(/^jobs\.retry\.delaysMs must be/);
  });
});
