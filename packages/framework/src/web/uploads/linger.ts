import type { IncomingMessage, ServerResponse } from "node:http";

/** How long a client may go on sending what nobody wants, in milliseconds. */
const lingerMs = 2_000;

/**
 * A request that is answered before all of it has arrived is read to its end, for a moment: a connection that is closed
 * while its client still sends takes the answer from it.
 */
export function lingerAfter(request: IncomingMessage, response: ServerResponse): void {
  response.once("finish", () => {
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => request.socket.destroy(), lingerMs).unref();
    request.once("close", () => clearTimeout(timer));
  });
}
