import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ListenOptions, type Logger, listenOn } from "../core/index.js";
import { Departure, noteDeparture } from "./departure.js";
import { takeUpgrades } from "./sockets/upgrade.js";
import { answerUnreadable } from "./unreadable.js";
import { hasBody, limitBody } from "./uploads/body-deadline.js";
import { lingerAfter } from "./uploads/linger.js";

export interface HttpServerOptions extends ListenOptions {
  /** Answers a request; what it fails with is its own. */
  answer(request: IncomingMessage, response: ServerResponse): void;
  readonly log: Logger;
  /** How long a request's headers may take, in milliseconds. @default 20_000 */
  readonly headersTimeoutMs?: number;
}

export interface HttpServer {
  /** @throws VastifyError `failed_precondition`, reason `port_taken` or `port_denied` */
  listen(): Promise<number>;
  /**
   * Stops accepting, finishes the requests in flight, at most `graceMs`, and closes everything. Safe to call twice.
   */
  close(graceMs: number): Promise<void>;
}

/** How long a connection that has not asked for anything yet may still do so once we close, in milliseconds. */
const firstRequestMs = 1_000;

/** How long a client that has closed its side may take to read what it was sent already, in milliseconds. */
const lastReadMs = 2_000;

/**
 * A client that closes its side is taken for one that hung up, as Node.js does, which gives up what it has not sent yet.
 * But it waits without end for a client that does not read the rest.
 */
function hangUpHalfClosed(socket: Socket): void {
  socket.once("end", () => {
    if (socket.writableLength > 0) setTimeout(() => socket.destroy(), lastReadMs).unref();
  });
}

/** The answers whose turn on their connection has not come. */
const waiting = new WeakMap<Socket, Set<ServerResponse>>();

/** Node.js tells only the answer whose turn it is that its connection was closed, not those that wait behind it. */
function closeWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  const behind = waiting.get(socket) ?? waitingOn(socket);
  behind.add(response);
  response.once("socket", () => behind.delete(response));
}

/** One listener for all of them: of many Node.js would warn, for each connection that a client likes to fill. */
function waitingOn(socket: Socket): Set<ServerResponse> {
  const behind = new Set<ServerResponse>();
  waiting.set(socket, behind);
  socket.once("close", () => {
    for (const response of behind) {
      response.destroy();
      response.emit("close");
    }
  });
  return behind;
}

export function createHttpServer({ answer, log, headersTimeoutMs = 20_000, ...where }: HttpServerOptions): HttpServer {
  // Node.js looks at its connections only so often, and closes the slow ones then.
  const connectionsCheckingInterval = Math.min(1_000, headersTimeoutMs);
  const server = createServer({ connectionsCheckingInterval }, answer);
  // Longer than the usual 60 s of a balancer in front, so that it is not we who close a connection it is about to use.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = headersTimeoutMs;
  // Of bodies, by the request: an upload may take its time.
  server.requestTimeout = 0;
  answerUnreadable(server, log);
  const upgrades = takeUpgrades(server, (request, response) => {
    unused.delete(request.socket);
    answer(request, response);
  });
  let isClosing = false;
  let accepted = 0;
  const unused = new Set<Socket>();
  const departure = new Departure();
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    noteDeparture(socket, departure);
    hangUpHalfClosed(socket);
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.on("request", (request, response) => {
    unused.delete(request.socket);
    if (hasBody(request)) {
      limitBody(request);
      lingerAfter(request, response);
    }
    // One whose headers went out before we left keeps its connection, which Node.js would not close by itself.
    response.on("close", closeIfIdle);
    if (!response.socket) closeWithConnection(request, response);
  });

  function closeIfIdle(): void {
    if (isClosing) setImmediate(() => server.closeIdleConnections());
  }

  /** What has arrived at a busy process, connections and requests, is taken before anything is closed. */
  async function takeWhatArrived(): Promise<void> {
    const until = performance.now() + firstRequestMs;
    let before: number;
    do {
      before = accepted;
      await nextTurn();
    } while (accepted > before && performance.now() < until);
  }

  async function close(graceMs: number): Promise<void> {
    await takeWhatArrived();
    isClosing = true;
    // Connections without a request in flight are closed here, except those that have not had one yet.
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const closeUnused = setTimeout(
      () => {
        for (const socket of unused) socket.destroy();
      },
      Math.min(firstRequestMs, graceMs),
    );
    departure.begin();
    const closeAll = setTimeout(() => {
      server.closeAllConnections();
      // Those are no longer the server's.
      for (const { connection } of upgrades) connection.destroy();
    }, graceMs);
    await closed;
    clearTimeout(closeUnused);
    clearTimeout(closeAll);
  }

  return {
    async listen() {
      const port = await listenOn(server, where);
      server.on("error", (err) => log.error("a connection could not be accepted", { err }));
      return port;
    },
    async close(graceMs) {
      if (server.listening) await close(graceMs);
    },
  };
}
