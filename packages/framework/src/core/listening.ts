import type { AddressInfo, Server } from "node:net";
import { VastifyError } from "./error.js";

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** In a worker of a cluster: have the port alone, rather than share it with the other workers. @default false */
  readonly exclusive?: boolean | undefined;
}

/**
 * Listens, and gives the port (the one chosen when `port` is 0).
 * @throws VastifyError `failed_precondition`, reason `port_taken` or `port_denied`
 */
export function listenOn(server: Server, { host, port, exclusive = false }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port, exclusive }, () => resolve((server.address() as AddressInfo).port));
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
