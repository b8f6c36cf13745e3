import { expect, it } from "vitest";
import { literal } from "./literal.js";

it("keeps to one line what fits there", () => {
  expect(literal({ a: 1, "b-c": ["x", { d: null }], e: {} })).toBe('{ a: 1, "b-c": ["x", { d: null }], e: {} }');
});

it("takes several lines for what does not fit, and gives the value back when it is read", () => {
  const value = {
    name: "x".repeat(60),
    list: Array.from({ length: 9 }, (_, n) => `item number ${n}`),
    inner: { a: 1 },
  };
  const text = literal(value, 2);
  expect(text).toMatch(/^\{\n {4}name: "x+",\n {4}list: \[\n {6}"item number 0",\n/);
  expect(text).toMatch(/\n {4}inner: \{ a: 1 \},\n {2}\}$/);
  expect(new Function(`return ${text}`)()).toEqual(value);
});
