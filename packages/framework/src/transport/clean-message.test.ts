import { describe, expect, it } from "vitest";
import { maySayPrototype, safeReviver, withoutDirectives } from "./clean-message.js";

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

  it.each([
    '{"a":{"__proto__":{"x":1},"constructor":{"y":2},"b":1}}',
    '{"a":{"\\u005f_proto__":{"x":1},"\\u0063onstructor":{"y":2},"b":1}}',
  ])("loses keys that reach a prototype, at any depth and however they are written: %s", (text) => {
    expect(maySayPrototype(text)).toBe(true);
    expect(JSON.parse(text, safeReviver)).toEqual({ a: { b: 1 } });
  });
});
