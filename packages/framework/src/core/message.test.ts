import { describe, expect, it } from "vitest";
import { addresseeOf } from "./message.js";

describe("addresseeOf", () => {
  it("is nobody when the message names no target", () => {
    expect(addresseeOf({ cmd: "config" })).toBeUndefined();
  });

  it("is any version when none is named", () => {
    expect(addresseeOf({ $$target: "a" })).toEqual({ target: "a", version: undefined });
    expect(addresseeOf({ $$target: "a", $$version: null })).toEqual({ target: "a", version: undefined });
  });

  it("takes a number for a version, as an unquoted one in a pattern string is", () => {
    expect(addresseeOf({ $$target: "a", $$version: 2 })).toEqual({ target: "a", version: "2" });
  });

  it.each([null, "", 7, {}, [], "a b", "a/b", "?dc=x", "-a", "a@1", "a".repeat(65)])(
    "refuses the target %j, which would run the message here by mistake",
    (target) => {
      expect(() => addresseeOf({ $$target: target })).toThrow(/\$\$target must name a service/);
    },
  );

  it("refuses a version that is none", () => {
    expect(() => addresseeOf({ $$target: "a", $$version: {} })).toThrow(/\$\$version must be/);
  });
});
