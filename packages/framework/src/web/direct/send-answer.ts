import type { ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import type { Logger } from "../../core/index.js";
import type { PlainExchange } from "./plain-exchange.js";

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** Sends the answer that an exchange holds, as Koa would. */
export function sendAnswer(exchange: PlainExchange, log: Logger): void {
  const { req, res, response, status, body } = exchange;
  // One whose turn on its connection has not come has no socket yet.
  const isGone = res.writableEnded || res.socket?.writable === false;
  if (isGone || withoutBody.has(status) || body === null || body === undefined) {
    exchange.body = null;
    for (const name of ["content-type", "content-length", "transfer-encoding"]) response.remove(name);
    if (!withoutBody.has(status)) response.set("content-length", "0");
    if (!isGone) res.writeHead(status, response.list);
    res.end();
  } else if (body instanceof Readable) sendStream(res.writeHead(status, response.list), body, req.method, log);
  else {
    response.set("content-length", String(exchange.length));
    res.writeHead(status, response.list).end(body);
  }
}

function sendStream(res: ServerResponse, body: Readable, method: string | undefined, log: Logger): void {
  if (method === "HEAD") {
    body.destroy();
    res.end();
    return;
  }
  pipeline(body, res, (err) => {
    // The client is gone, so there is nobody to tell.
    if (err) log.debug("a response broke off", { err });
  });
}
