import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import type { Exchange } from "./exchange.js";
import { outputOf, sendResult } from "./reply.js";

it("an output is a result without what it says of its HTTP answer", () => {
  expect(outputOf({ id: "7", http$: { status: 201 } })).toEqual({ id: "7" });
});

it("a result with a stream is no output, and its stream is let go", () => {
  for (const result of [(body: PassThrough) => body, (body: PassThrough) => ({ name: "a.txt", body })]) {
    const stream = new PassThrough();
    expect(() => outputOf(result(stream))).toThrow(expect.objectContaining({ reason: "no_json" }));
    expect(stream.destroyed).toBe(true);
  }
});

it.each<[string, (stream: PassThrough) => unknown]>([
  ["beside other things", (body) => ({ name: "a.txt", body })],
  ["under another name", (file) => ({ name: "a.txt", file })],
  ["under another name, alone", (file) => ({ file, http$: { status: 201 } })],
  ["in a list", (stream) => ["a.txt", stream]],
])("a stream %s is no answer, and is let go", (_where, result) => {
  const stream = new PassThrough();
  expect(() => sendResult({} as Exchange, result(stream))).toThrow(expect.objectContaining({ reason: "bad_result" }));
  expect(stream.destroyed).toBe(true);
});
