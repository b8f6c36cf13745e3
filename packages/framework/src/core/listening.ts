import type { Server as HttpServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { VastifyError } from "./error.js";

/**
 * Listens, and gives the port (the one chosen when `port` is 0).
 * @throws VastifyError `failed_precondition`, reason `port_taken` or `port_denied`
 */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const details = { host, port };
  if (error.code === "EADDRINUSE") {
    const message = `port ${port} on ${host} is taken: stop what holds it, or choose another`;
    return new VastifyError("failed_precondition", message, { reason: "port_taken", details });
  }
  if (error.code === "EACCES") {
    const message = `this user may not listen on port ${port}: choose one above 1023`;
    return new VastifyError("failed_precondition", message, { reason: "port_denied", details });
  }
  return error;
}

/** Stops accepting, waits for requests in flight, at most `graceMs`, then closes what is left. Safe to call twice. */
export async function closeServer(server: HttpServer, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const force = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(force);
}
