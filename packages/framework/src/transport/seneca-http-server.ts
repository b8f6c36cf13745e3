import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  closeServer,
  type Logger,
  listenOn,
  outcomeOf,
  resultCodeOf,
  silentLogger,
  VastifyError,
} from "../core/index.js";
import { cleanMessage, safeReviver } from "./clean-message.js";
import { headers, type InboundHandler } from "./inbound.js";

export interface TransportServerOptions {
  /** @default "127.0.0.1" */
  host?: string;
  /** 0 takes any free port. */
  port: number;
  handle: InboundHandler;
  /** The largest message, in bytes. @default 1_048_576 */
  maxBytes?: number;
  /** @default silentLogger */
  log?: Logger;
}

export interface TransportServer {
  /**
   * Resolves with the port once calls are answered.
   * @throws VastifyError `failed_precondition`, reason `port_taken`
   */
  listen(): Promise<number>;
  /** From now on new calls are refused with `unavailable`, reason `draining`: they were not carried out. */
  refuse(): void;
  /** Waits for calls in flight, at most `graceMs`, then closes everything. Safe to call twice. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves Seneca's HTTP protocol, both flavours (Seneca 3's `seneca-*` headers and the newer `meta$` member) and
 * plain `curl '…/act?key=value'`. The rules it answers by are in docs/reference/protocol.md.
 */
export function createTransportServer(options: TransportServerOptions): TransportServer {
  const { host = "127.0.0.1", port, handle, maxBytes = 1_048_576, log = silentLogger } = options;
  let refusing = false;
  const server = createServer((request, response) => {
    void answer(request, response).catch((err) => {
      log.error("a call could not be answered", { err });
      response.destroy();
    });
  });
  // Longer than any caller keeps an idle connection, so that it is the caller who closes first.
  server.keepAliveTimeout = 75_000;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let received: Received | undefined;
    try {
      received = await receive(request, maxBytes);
      if (refusing)
        throw new VastifyError("unavailable", "this instance is leaving; call another", { reason: "draining" });
      const { message, tx, timeoutMs, hops } = received;
      const call = handle({ message, tx, timeoutMs, hops });
      response.on("close", () => call.cancel());
      const result = await outcomeOf(call);
      reply(response, 200, resultBody(result, received), received);
    } catch (thrown) {
      const error = VastifyError.from(thrown);
      reply(response, statusOf(error), errorBody(error, received), received);
    }
  }

  return {
    listen: () => listenOn(server, host, port),
    refuse() {
      refusing = true;
    },
    close: (graceMs) => closeServer(server, graceMs),
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

async function receive(request: IncomingMessage, maxBytes: number): Promise<Received> {
  const url = new URL(request.url ?? "/", "http://peer");
  if (url.pathname !== "/act")
    throw new VastifyError("not_found", `calls go to /act, not to ${url.pathname}`, { reason: "no_route" });
  if (request.method !== "POST" && request.method !== "GET") {
    throw new VastifyError("invalid_argument", `calls are POST or GET, not ${request.method}`, {
      reason: "method_not_allowed",
    });
  }
  const body = parseBody(await readBody(request, maxBytes));
  const meta = isRecord(body.meta$) ? body.meta$ : undefined;
  const senecaId = header(request, "seneca-id");
  const id = typeof meta?.id === "string" ? meta.id : senecaId;
  return {
    message: cleanMessage({ ...body, ...Object.fromEntries(url.searchParams) }),
    tx: header(request, headers.tx) ?? id?.split("/")[1],
    timeoutMs:
      numberHeader(request, headers.timeoutMs) ?? (typeof meta?.timeout === "number" ? meta.timeout : undefined),
    hops: numberHeader(request, headers.hops) ?? 0,
    senecaId,
    senecaOrigin: header(request, "seneca-origin"),
    meta,
  };
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

function parseBody(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  let body: unknown;
  try {
    body = JSON.parse(text, safeReviver);
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

function errorBody(error: VastifyError, received: Received | undefined): unknown {
  const result = resultCodeOf(error);
  const wire = { name: "Error", ...VastifyError.toWire(error, received?.tx), ...(result !== undefined && { result }) };
  return received?.meta ? { ...wire, meta$: { ...received.meta, error: true } } : wire;
}

/** Stock Seneca only knows 200 and not 200; the exact status helps people with curl. */
function statusOf(error: VastifyError): number {
  if (error.reason === "body_too_large") return 413;
  if (error.reason === "no_route" || error.reason === "no_pattern") return 404;
  if (error.reason === "method_not_allowed") return 405;
  if (error.code === "invalid_argument") return 400;
  return error.code === "unavailable" ? 503 : 500;
}

function reply(response: ServerResponse, status: number, body: unknown, received: Received | undefined): void {
  const text = JSON.stringify(body ?? null);
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

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" && value.length <= 256 ? value : undefined;
}

function numberHeader(request: IncomingMessage, name: string): number | undefined {
  const text = header(request, name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
