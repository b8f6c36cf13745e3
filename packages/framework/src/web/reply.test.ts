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

it("a stream beside other things is no answer, and is let go", () => {
  const body = new PassThrough();
  const reply = () => sendResult({} as Exchange, { name: "a.txt", body });
  expect(reply).toThrow(expect.objectContaining({ reason: "bad_result" }));
  expect(body.destroyed).toBe(true);
});
