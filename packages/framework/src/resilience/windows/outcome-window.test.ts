import { describe, expect, it } from "vitest";
import { createOutcomeWindow } from "./outcome-window.js";

describe("an outcome window", () => {
  it("tells calls, errors and their share", () => {
    const window = createOutcomeWindow({ now: () => 0 });
    for (let call = 0; call < 8; call++) window.record(call % 4 === 0);
    expect(window).toMatchObject({ calls: 8, errors: 2, errorRate: 0.25 });
  });

  it("has no errors without calls", () => {
    expect(createOutcomeWindow()).toMatchObject({ calls: 0, errors: 0, errorRate: 0 });
  });

  it("forgets", () => {
    let ms = 0;
    const window = createOutcomeWindow({ windowMs: 1_000, now: () => ms });
    window.record(true);
    ms = 1_000;
    window.record(false);
    expect(window).toMatchObject({ calls: 1, errors: 0 });
    window.clear();
    expect(window.calls).toBe(0);
  });
});
