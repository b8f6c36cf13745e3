import type { IncomingMessage } from "node:http";

/** How long a request's body may take, in milliseconds, unless its route takes uploads. */
const usualBodyMs = 60_000;

const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * From now on a request's body must arrive in time. Node.js has such a limit for a whole server only, which an upload
 * of an hour could not keep; this one can be lifted.
 */
export function limitBody(request: IncomingMessage, ms = usualBodyMs): void {
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, ms).unref();
  timers.set(request, timer);
  request.once("close", () => clearTimeout(timer));
}

/** Whoever lifts it watches the body by itself. */
export function liftBodyLimit(request: IncomingMessage): void {
  clearTimeout(timers.get(request));
}
