import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import type { Exchange } from "./exchange.js";
import { readBody } from "./request-body.js";

const whole = gzipSync(JSON.stringify({ a: 1 }));

/** A request with a compressed JSON body, which is written by hand. */
function asking() {
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  const req = Object.assign(new PassThrough(), { headers, complete: false });
  const ctx = {
    req: req as unknown as IncomingMessage,
    headers,
    is: () => "json",
    get: () => "",
  } as unknown as Exchange;
  return { req, read: () => readBody(ctx, 1_000) };
}

it("a compressed body is read", async () => {
  const { req, read } = asking();
  req.end(whole);
  await expect(read()).resolves.toEqual({ a: 1 });
});

it("a compressed body that its client breaks off is given up, and not waited for", async () => {
  const { req, read } = asking();
  req.write(whole.subarray(0, 15));
  const reading = read();
  setImmediate(() => req.destroy());
  await expect(reading).rejects.toMatchObject({ code: "canceled" });
});

it("a body whose client was gone before anybody read it is given up", async () => {
  const { req, read } = asking();
  req.write(whole);
  req.destroy();
  await expect(read()).rejects.toMatchObject({ code: "canceled" });
});
