import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { hasBody } from "../uploads/body-deadline.js";

/** A request for a WebSocket, which is answered like any other until a route takes it. */
export class Upgrade {
  readonly connection: Duplex;
  /** What the client sent behind its request. */
  readonly head: Buffer;

  constructor(connection: Duplex, head: Buffer) {
    this.connection = connection;
    this.head = head;
  }
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** The upgrade that a request asks for, if it asks for one. */
export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return upgrades.get(request);
}

/**
 * Hands requests for WebSockets to `answer` like all others. Whatever else asks for an upgrade gets none (RFC 9110
 * leaves that to the server), and is read again as a plain request.
 * @returns those whose connections are open
 */
export function takeUpgrades(
  server: Server,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): ReadonlySet<Upgrade> {
  const open = new Set<Upgrade>();
  server.on("upgrade", (request: IncomingMessage, connection: Socket, head: Buffer) => {
    connection.on("error", () => connection.destroy());
    const response = plainResponse(request, connection);
    // It did not wait for the answer before this one, with which ours would be mixed.
    if (!response) {
      connection.destroy();
      return;
    }
    if (!asksForWebSocket(request)) {
      response.detachSocket(connection);
      readAgain(server, request, connection, head);
      return;
    }
    const upgrade = new Upgrade(connection, head);
    open.add(upgrade);
    connection.once("close", () => open.delete(upgrade));
    upgrades.set(request, upgrade);
    answer(request, response);
  });
  return open;
}

function asksForWebSocket(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers.upgrade?.toLowerCase() === "websocket" && !hasBody(request);
}

/**
 * What a request gets that does not become a WebSocket; what follows it on its connection is not looked at.
 * @returns undefined while another answer is sent on the connection
 */
function plainResponse(request: IncomingMessage, connection: Socket): ServerResponse | undefined {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(connection);
  } catch {
    return undefined;
  }
  response.once("finish", () => {
    response.detachSocket(connection);
    connection.destroySoon();
  });
  return response;
}

/** Node.js has stopped reading this connection's requests; without the header `upgrade` it reads on. */
function readAgain(server: Server, request: IncomingMessage, connection: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() !== "upgrade") lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  connection.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", connection);
}
