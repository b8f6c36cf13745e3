import type { OutgoingHttpHeaders } from "node:http";
import type { Context } from "koa";
import type { ServerOptions, WebSocket } from "ws";
import { VastifyError } from "../../core/index.js";
import type { Upgrade } from "./upgrade.js";

/** How long a client may take to answer that it closes too, in milliseconds. */
const closeTimeoutMs = 5_000;

/**
 * Answers 101, with the headers that the answer has by now, and gives the open socket. Messages are not compressed:
 * that would cost some hundred kilobytes of memory for each socket.
 * @param maxBytes the largest message of the client
 * @throws VastifyError `canceled` when the client is gone, `invalid_argument` reason `bad_handshake`
 */
export async function acceptSocket(ctx: Context, upgrade: Upgrade, maxBytes: number): Promise<WebSocket> {
  // Not before somebody opens a socket: most gateways carry none.
  const { WebSocketServer } = await import("ws");
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: () => false,
    maxPayload: maxBytes,
    closeTimeout: closeTimeoutMs,
  };
  const server = new WebSocketServer(options);
  const { connection, head } = upgrade;
  return new Promise((resolve, reject) => {
    const gone = () => reject(new VastifyError("canceled", "the client hung up"));
    connection.once("close", gone);
    server.once("wsClientError", ({ message }: Error) =>
      reject(new VastifyError("invalid_argument", message, { reason: "bad_handshake" })),
    );
    server.once("headers", (lines: string[]) => lines.push(...headerLines(ctx.res.getHeaders())));
    server.handleUpgrade(ctx.req, ctx.req.socket, head, (socket) => {
      connection.off("close", gone);
      ctx.res.detachSocket(ctx.req.socket);
      resolve(socket);
    });
    // One that broke off is not handed on, and its closing may have been told before.
    if (connection.destroyed) gone();
  });
}

function headerLines(headers: OutgoingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value = []]) => [value].flat().map((one) => `${name}: ${one}`));
}
