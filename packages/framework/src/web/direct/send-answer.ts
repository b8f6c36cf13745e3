import { pipeline, Readable } from "node:stream";
import type { Logger } from "../../core/index.js";
import type { PlainExchange } from "./plain-exchange.js";

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** Sends the answer that an exchange holds, as Koa would. */
export function sendAnswer(exchange: PlainExchange, log: Logger): void {
  const { req, res, response, status, body } = exchange;
  // One whose turn on its connection has not come has no socket yet.
  const isGone = res.destroyed || res.writableEnded || res.socket?.writable === false;
  if (isGone || withoutBody.has(status) || body === null || body === undefined) {
    exchange.body = null;
    for (const name of ["content-type", "content-length", "transfer-encoding"]) response.remove(name);
    if (!withoutBody.has(status)) response.set("content-length", "0");
    if (!isGone) res.writeHead(status, response.list);
    res.end();
  } else if (body instanceof Readable && req.method !== "HEAD") {
    pipeline(body, res.writeHead(status, response.list), (err) => {
      // The client is gone, so there is nobody to tell.
      if (err) log.debug("a response broke off", { err });
    });
  } else if (body instanceof Readable) {
    body.destroy();
    res.writeHead(status, response.list).end();
  } else sendWhole(exchange, body);
}

function sendWhole({ req, res, response, status }: PlainExchange, body: string | Buffer): void {
  const bytes = Buffer.byteLength(body);
  response.set("content-length", String(bytes));
  res.writeHead(status, response.list);
  // As many bytes as characters: ASCII, which needs no encoding.
  if (req.method !== "HEAD") res.write(body, bytes === body.length ? "latin1" : "utf8");
  // Or else `end` adds an empty part, and two parts are written by a slower call than one.
  res.socket?.uncork();
  res.end();
}
