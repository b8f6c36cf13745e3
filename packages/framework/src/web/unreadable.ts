import { maxHeaderSize, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { httpStatusOfError, type Logger, newTraceId, VastifyError } from "../core/index.js";
import { problemOf, problemType } from "./problem.js";

/** Answers what can't be read as a request with problem details; Node.js's own answer is a status alone. */
export function answerUnreadable(server: Server, log: Logger): void {
  const latest = new WeakMap<Socket, ServerResponse>();
  server.on("request", ({ socket }, response) => latest.set(socket, response));
  server.on("clientError", (error: NodeJS.ErrnoException, connection) => {
    const socket = connection as Socket;
    const tx = newTraceId();
    // Not the error itself: it holds the bytes that came, and so perhaps what identifies their sender.
    log.debug(`a request can't be read: ${error.code}`, { tx });
    if (socket.writable && isBetweenAnswers(latest.get(socket))) socket.write(refusalOf(error, tx));
    socket.destroySoon();
  });
}

/** Whether a client takes what is sent now for an answer of its own: of this request, or of one that was being read. */
function isBetweenAnswers(latest: ServerResponse | undefined): boolean {
  if (!latest || latest.writableFinished) return true;
  return latest.socket !== null && !latest.headersSent;
}

function refusalOf(error: NodeJS.ErrnoException, tx: string): string {
  const refusal = errorOf(error);
  const status = httpStatusOfError(refusal);
  const body = JSON.stringify(problemOf(refusal, tx));
  const headers = {
    "content-type": problemType,
    "content-length": Buffer.byteLength(body),
    "x-content-type-options": "nosniff",
    "x-request-id": tx,
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n");
}

function errorOf({ code = "", message }: NodeJS.ErrnoException): VastifyError {
  return (
    refusals[code]?.() ??
    new VastifyError("invalid_argument", `this is no request of HTTP/1.1: ${message}`, {
      reason: "bad_request",
    })
  );
}

/** By Node.js's names for what is wrong. */
const refusals: Readonly<Record<string, () => VastifyError>> = {
  HPE_HEADER_OVERFLOW: () =>
    new VastifyError("invalid_argument", `the request's headers take more than ${maxHeaderSize} bytes`, {
      reason: "headers_too_large",
    }),
  ERR_HTTP_REQUEST_TIMEOUT: () =>
    new VastifyError("deadline_exceeded", "the request's headers did not come in time", { reason: "headers_stalled" }),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () =>
    new VastifyError("resource_exhausted", "the extensions of the body's chunks are too large", {
      reason: "body_too_large",
    }),
};
