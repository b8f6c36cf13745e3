import { describe, expect, it } from "vitest";
import { cleanMessage, safeReviver } from "./clean-message.js";

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
    expect(cleanMessage(message)).toEqual({ $$target: "a", $$version: "1", cmd: "x" });
  });

  it("loses keys that reach a prototype, at any depth", () => {
    const parsed = JSON.parse(
      '{"a":{"__proto__":{"x":1},"constructor":{"y":2},"b":1},"__proto__":{"z":3}}',
      safeReviver,
    );
    expect(cleanMessage(parsed)).toEqual({ a: { b: 1 } });
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});
