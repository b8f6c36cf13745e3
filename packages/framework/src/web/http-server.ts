import { createServer } from "node:http";
import type Koa from "koa";
import { closeServer, listenOn } from "../core/index.js";

export interface HttpServer {
  /** @throws VastifyError `failed_precondition`, reason `port_taken` */
  listen(): Promise<number>;
  /** Waits for requests in flight, at most `graceMs`. Safe to call twice. */
  close(graceMs: number): Promise<void>;
}

export function createHttpServer(app: Koa, host: string, port: number): HttpServer {
  const server = createServer(app.callback());
  // Longer than the usual 60 s of a balancer in front, so that it is not we who close a connection it is about to use.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 20_000;
  server.requestTimeout = 60_000;
  return {
    listen: () => listenOn(server, host, port),
    close: (graceMs) => closeServer(server, graceMs),
  };
}
