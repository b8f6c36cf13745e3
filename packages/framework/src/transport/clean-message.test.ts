import { describe, expect, it } from "vitest";
import { withoutDirectives } from "./clean-message.js";

describe("a peer's message", () => {
  it("loses every directive but keeps its addressee", () => {
    const message = {
      $$target: "a",
      $$version: "1",
      cmd: "x",
      fatal$: true,
      prior$: "1",
      default$: {},
      gate$: true,
      tx$: "t",
    };
    expect(withoutDirectives(message)).toEqual({ $$target: "a", $$version: "1", cmd: "x" });
  });

  it("without directives is not copied", () => {
    const message = { $$target: "a", cmd: "x" };
    expect(withoutDirectives(message)).toBe(message);
  });
});
