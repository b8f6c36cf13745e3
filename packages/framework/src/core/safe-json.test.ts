import { expect, it } from "vitest";
import { parseSafely } from "./safe-json.js";

it.each([
  '{"a":{"__proto__":{"x":1},"constructor":{"y":2},"b":1}}',
  '{"a":{"\\u005f_proto__":{"x":1},"\\u0063onstructor":{"y":2},"b":1}}',
])("keys that reach a prototype are left out, at any depth and however they are written: %s", (text) => {
  expect(parseSafely(text)).toEqual({ a: { b: 1 } });
});
