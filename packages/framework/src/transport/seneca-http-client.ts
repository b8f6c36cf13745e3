import { randomUUID } from "node:crypto";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { type Call, parseSafely, VastifyError } from "../core/index.js";
import { type Endpoint, headers, type Outgoing, traceOf } from "./inbound.js";
import { peerError, peerLost, peerUnreachable } from "./peer-errors.js";

export interface SenecaHttpClient {
  /** @param body the message as JSON */
  send(endpoint: Endpoint, body: string, outgoing: Outgoing): void;
  close(): void;
}

/** Connections to one peer. */
const maxSockets = 64;

/** Calls peers by Seneca's HTTP protocol, the one that every Seneca process speaks. */
export function createSenecaHttpClient(maxBytes: number): SenecaHttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets, scheduling: "lifo" });
  const origin = `vastify/${randomUUID()}`;
  return {
    send(endpoint, body, outgoing) {
      const { call } = outgoing;
      post({ agent, origin, maxBytes }, endpoint, body, call).then(
        (result) => outgoing.answered(result),
        (error) => (call.outcome === "open" ? outgoing.failed(VastifyError.from(error)) : outgoing.abandoned()),
      );
    },
    close: () => agent.destroy(),
  };
}

interface Sender {
  readonly agent: Agent;
  readonly origin: string;
  readonly maxBytes: number;
}

function post({ agent, origin, maxBytes }: Sender, endpoint: Endpoint, body: string, call: Call): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let connected = false;
    const tx = traceOf(call.tx);
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
        "seneca-id": `${randomUUID()}/${tx ?? ""}`,
        "seneca-kind": "req",
        "seneca-origin": origin,
        "seneca-track": "[]",
        "seneca-time-client-sent": String(Date.now()),
        ...(tx !== undefined && { [headers.tx]: tx }),
        [headers.hops]: String(call.hops + 1),
        [headers.timeoutMs]: String(Math.max(1, Math.round(call.remainingMs))),
      },
    });
    request.on("socket", (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once("connect", () => (connected = true));
    });
    request.on("error", (cause) =>
      reject(call.signal.aborted ? abortError(call) : (connected ? peerLost : peerUnreachable)(endpoint, cause)),
    );
    request.on("response", (response) => {
      readReply(response, maxBytes).then(
        (reply) => (reply.status === 200 ? resolve(reply.body) : reject(peerError(reply.body, endpoint))),
        (cause: Error) => reject(call.signal.aborted ? abortError(call) : peerLost(endpoint, cause)),
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
  return { status: response.statusCode ?? 500, body: text === "" ? null : parseSafely(text) };
}

function abortError(call: Call): VastifyError {
  return VastifyError.from(call.signal.reason);
}
