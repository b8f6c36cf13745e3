import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
  type Call,
  delay,
  httpStatusOfError,
  isDeeperThan,
  isPoisonous,
  type Logger,
  letGo,
  outcomeOf,
  parseSafely,
  resultCodeOf,
  streamsIn,
  VastifyError,
} from "../core/index.js";
import { withoutDirectives } from "./clean-message.js";
import { headers, type InboundHandler, traceOf } from "./inbound.js";
import { type ResolvedTransportLimits, timeoutOf } from "./limits.js";
import { logFailure } from "./log-failure.js";
import { failureOfAction, instanceLeaving, wireErrorOf } from "./peer-errors.js";
import type { SecretCheck } from "./secret.js";
import type { IdentityCheck } from "./signed-identity.js";

export interface SenecaHttpOptions {
  readonly handle: InboundHandler;
  readonly limits: ResolvedTransportLimits;
  readonly log: Logger;
  readonly isSecret: SecretCheck;
  readonly identityOf: IdentityCheck;
  readonly isRefusing: () => boolean;
}

export interface SenecaHttpServer {
  /** Answers the requests that come over a connection. */
  accept(socket: Socket): void;
  /** Waits for requests in flight, at most `graceMs`, then closes every connection. */
  close(graceMs: number): Promise<void>;
}

/**
 * Answers Seneca's HTTP protocol, both flavours (Seneca 3's `seneca-*` headers and the
 * newer `meta$` member) and plain `curl '…/act?key=value'`. docs/reference/protocol.md holds its rules.
 */
export function createSenecaHttpServer(options: SenecaHttpOptions): SenecaHttpServer {
  const { handle, limits, log, isSecret, identityOf, isRefusing } = options;
  // Node.js looks at its connections only so often, and closes the slow ones then.
  const connectionsCheckingInterval = Math.min(1_000, limits.helloTimeoutMs);
  const server = createServer({ connectionsCheckingInterval }, (request, response) => {
    void answer(request, response).catch((err) => {
      log.error("a call could not be answered", { err });
      response.destroy();
    });
  });
  // Longer than any caller keeps an idle connection, so that it is the caller who closes first.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = limits.helloTimeoutMs;
  server.requestTimeout = limits.idleTimeoutMs;
  // It never listens itself; this makes it watch the connections that it is given.
  server.emit("listening");
  let callsInFlight = 0;
  /** What ends each of a connection's exchanges. A pipelined response whose turn never came does not say so itself. */
  const exchanges = new WeakMap<Socket, Set<() => void>>();
  const responses = new Set<ServerResponse>();
  let whenIdle: (() => void) | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let received: Received | undefined;
    const { socket } = request;
    const onSocket = exchanges.get(socket);
    const before = onSocket?.size ?? 0;
    let call: Call | undefined;
    const leave = (): void => {
      onSocket?.delete(leave);
      responses.delete(response);
      call?.cancel();
      if (responses.size === 0) whenIdle?.();
    };
    responses.add(response);
    onSocket?.add(leave);
    response.on("close", leave);
    try {
      if (!isSecret(bearerOf(request))) {
        throw new VastifyError("unauthenticated", "this port wants the shared secret", { reason: "bad_secret" });
      }
      received = await receive(request, limits);
      if (isRefusing()) throw instanceLeaving();
      const { message, tx, timeoutMs, hops } = received;
      if (callsInFlight >= limits.maxCalls || before >= limits.maxCallsPerConnection) {
        throw new VastifyError("resource_exhausted", "too many calls are in flight here", { reason: "too_many_calls" });
      }
      const identity = identityOf(request.headers[headers.identity], tx);
      call = handle({ message, tx, timeoutMs, hops, identity });
      if (socket.destroyed) call.cancel();
      callsInFlight += 1;
      const result = await outcomeOf(call)
        .catch((thrown: unknown) => Promise.reject(failureOfAction(thrown)))
        .finally(() => {
          callsInFlight -= 1;
        });
      if (streamsIn(result).length > 0) {
        letGo(result);
        throw noStreams();
      }
      reply(response, 200, resultBody(result, received), received);
    } catch (thrown) {
      // A caller that hung up while it sent is nobody's failure.
      if (socket.destroyed) return;
      const error = VastifyError.from(thrown);
      const tx = call?.tx ?? received?.tx;
      logFailure(log, error, tx);
      reply(response, httpStatusOfError(error), errorBody(error, received, tx), received);
    }
  }

  return {
    accept(socket) {
      const open = new Set<() => void>();
      exchanges.set(socket, open);
      socket.once("close", () => {
        for (const leave of open) leave();
      });
      server.emit("connection", socket);
    },
    async close(graceMs) {
      server.closeIdleConnections();
      if (responses.size > 0) {
        const idle = new Promise<void>((resolve) => {
          whenIdle = resolve;
        });
        await Promise.race([idle, delay(graceMs)]);
      }
      server.closeAllConnections();
      // It says that it was not listening; what counts is that it stops watching connections.
      server.close(() => {});
    },
  };
}

interface Received {
  readonly message: Readonly<Record<string, unknown>>;
  readonly tx: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly hops: number;
  readonly senecaId: string | undefined;
  readonly senecaOrigin: string | undefined;
  /** What a newer Seneca sent as `meta$` and expects back. */
  readonly meta: Readonly<Record<string, unknown>> | undefined;
}

async function receive(request: IncomingMessage, limits: ResolvedTransportLimits): Promise<Received> {
  const url = urlOf(request);
  if (url?.pathname !== "/act") throw new VastifyError("not_found", "calls go to /act", { reason: "no_route" });
  if (request.method !== "POST" && request.method !== "GET") {
    throw new VastifyError("invalid_argument", `calls are POST or GET, not ${request.method}`, {
      reason: "method_not_allowed",
    });
  }
  const body = parseBody(await readBody(request, limits.maxBytes), limits.maxDepth);
  const meta = isRecord(body.meta$) ? body.meta$ : undefined;
  const senecaId = header(request, "seneca-id");
  const id = typeof meta?.id === "string" ? meta.id : senecaId;
  return {
    message: withoutDirectives({ ...body, ...parametersOf(url) }),
    tx: traceOf(header(request, headers.tx)) ?? traceOf(id?.split("/")[1]),
    timeoutMs: timeoutOf(numberHeader(request, headers.timeoutMs) ?? meta?.timeout, limits),
    hops: Math.floor(numberHeader(request, headers.hops) ?? 0),
    senecaId,
    senecaOrigin: header(request, "seneca-origin"),
    meta,
  };
}

function noStreams(): VastifyError {
  const text = "Seneca's HTTP protocol carries no streams; call by vastify/1";
  return new VastifyError("invalid_argument", text, { reason: "no_attachments" });
}

function urlOf({ url = "/" }: IncomingMessage): URL | undefined {
  try {
    return new URL(url, "http://peer");
  } catch {
    return undefined;
  }
}

function parametersOf({ searchParams }: URL): Record<string, string> {
  return Object.fromEntries([...searchParams].filter(([name]) => !isPoisonous(name)));
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new VastifyError("resource_exhausted", `a message may hold ${maxBytes} bytes; this one holds more`, {
        reason: "body_too_large",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseBody(text: string, maxDepth: number): Record<string, unknown> {
  if (text.trim() === "") return {};
  if (isDeeperThan(text, maxDepth)) {
    throw new VastifyError("invalid_argument", `the message is nested deeper than ${maxDepth} levels`, {
      reason: "bad_body",
    });
  }
  let body: unknown;
  try {
    body = parseSafely(text);
  } catch {
    throw new VastifyError("invalid_argument", "the message is not JSON", { reason: "bad_body" });
  }
  if (!isRecord(body))
    throw new VastifyError("invalid_argument", "the message must be a JSON object", { reason: "bad_body" });
  return body;
}

/** The newer flavour can't put its `meta$` into an array, so it sends `array$`. */
function resultBody(result: unknown, { meta }: Received): unknown {
  const value = result ?? null;
  if (!meta) return value;
  if (value === null) return { meta$: { ...meta, empty: true } };
  if (Array.isArray(value)) return { array$: value, meta$: meta };
  return isRecord(value) ? { ...value, meta$: meta } : value;
}

function errorBody(error: VastifyError, received: Received | undefined, tx: string | undefined): unknown {
  const result = resultCodeOf(error);
  const wire = { name: "Error", ...wireErrorOf(error, tx), ...(result !== undefined && { result }) };
  return received?.meta ? { ...wire, meta$: { ...received.meta, error: true } } : wire;
}

function reply(response: ServerResponse, status: number, body: unknown, received: Received | undefined): void {
  const text = jsonOf(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "private, max-age=0, no-cache, no-store",
    ...(received?.senecaId !== undefined && {
      "seneca-kind": "res",
      "seneca-id": received.senecaId,
      "seneca-origin": received.senecaOrigin ?? "UNKNOWN",
    }),
    // A body that was refused half-way would be read as the next request.
    ...(received === undefined && { connection: "close" }),
  });
  response.end(text);
}

/** @throws VastifyError `internal`, reason `bad_result` */
function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body) ?? "null";
  } catch (error) {
    // Not as its cause: an error that broke out of somewhere else keeps its words to itself.
    const why = (error as Error).message.split("\n", 1)[0];
    throw new VastifyError("internal", `the result can't be written as JSON: ${why}`, { reason: "bad_result" });
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" && value.length <= 256 ? value : undefined;
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
}

function numberHeader(request: IncomingMessage, name: string): number | undefined {
  const text = header(request, name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
