import { randomUUID } from "node:crypto";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { type Call, isErrorCode, VastifyError } from "../core/index.js";
import { cleanMessage, safeReviver } from "./clean-message.js";
import { type Endpoint, headers } from "./inbound.js";

export interface TransportClientOptions {
  /** Connections to one peer. @default 64 */
  maxSockets?: number;
  /** The largest reply, in bytes. @default 16_777_216 */
  maxBytes?: number;
}

export interface TransportClient {
  /**
   * Sends a call to a peer and gives its result, or throws the error it answered with.
   * @throws VastifyError `unavailable`: reason `peer_unreachable` when nothing was sent, `peer_lost` when the
   * connection broke after sending, so that nobody knows whether the action ran; `deadline_exceeded`; `canceled`
   */
  send(endpoint: Endpoint, call: Call): Promise<unknown>;
  close(): void;
}

/** Calls peers by Seneca's HTTP protocol, the one that every Seneca process speaks. */
export function createTransportClient(options: TransportClientOptions = {}): TransportClient {
  const { maxSockets = 64, maxBytes = 16_777_216 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets, scheduling: "lifo" });
  const origin = `vastify/${randomUUID()}`;
  return {
    send: (endpoint, call) => send(agent, origin, maxBytes, endpoint, call),
    close: () => agent.destroy(),
  };
}

function send(agent: Agent, origin: string, maxBytes: number, endpoint: Endpoint, call: Call): Promise<unknown> {
  const body = JSON.stringify(cleanMessage(call.message));
  return new Promise((resolve, reject) => {
    let connected = false;
    const request = httpRequest({
      agent,
      host: endpoint.host,
      port: endpoint.port,
      path: "/act",
      method: "POST",
      signal: call.signal,
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "seneca-id": `${randomUUID()}/${call.tx}`,
        "seneca-kind": "req",
        "seneca-origin": origin,
        "seneca-track": "[]",
        "seneca-time-client-sent": String(Date.now()),
        [headers.tx]: call.tx,
        [headers.hops]: String(call.hops + 1),
        [headers.timeoutMs]: String(Math.max(1, Math.round(call.remainingMs))),
      },
    });
    request.on("socket", (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once("connect", () => (connected = true));
    });
    request.on("error", (cause) => reject(call.signal.aborted ? abortError(call) : lost(endpoint, connected, cause)));
    request.on("response", (response) => {
      readReply(response, maxBytes).then(
        (reply) => (reply.status === 200 ? resolve(reply.body) : reject(peerError(reply.body, endpoint))),
        (cause: Error) => reject(call.signal.aborted ? abortError(call) : lost(endpoint, true, cause)),
      );
    });
    request.end(body);
  });
}

async function readReply(response: IncomingMessage, maxBytes: number): Promise<{ status: number; body: unknown }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the reply holds more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: response.statusCode ?? 500, body: text === "" ? null : JSON.parse(text, safeReviver) };
}

function peerError(body: unknown, { host, port }: Endpoint): VastifyError {
  const wire = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  if (isErrorCode(wire.code)) {
    const error = VastifyError.fromWire(wire);
    // Here it was the peer, not we, that had no pattern.
    if (error.reason !== "no_pattern") return error;
    return new VastifyError(error.code, error.message, { reason: "peer_no_pattern", details: error.details });
  }
  const said = typeof wire.message === "string" ? wire.message : "without saying why";
  return new VastifyError("internal", `the peer at ${host}:${port} failed: ${said}`, { reason: "peer_failed" });
}

function lost({ host, port }: Endpoint, connected: boolean, cause: Error): VastifyError {
  const what = connected ? "broke off the connection" : "can't be reached";
  return new VastifyError("unavailable", `the peer at ${host}:${port} ${what}: ${cause.message}`, {
    reason: connected ? "peer_lost" : "peer_unreachable",
  });
}

function abortError(call: Call): VastifyError {
  return VastifyError.from(call.signal.reason);
}
