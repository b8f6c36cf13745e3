import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createGzip } from "node:zlib";
import { expect, it } from "vitest";
import { pipeThrough } from "./pipe-through.js";

it("a source that was given up before gives up what it is piped through, and ends no process", async () => {
  const source = new PassThrough();
  source.destroy();
  const through = pipeThrough(source, createGzip());
  await nextTurn();
  expect(through.errored).toMatchObject({ code: "canceled" });
});
