import type { IncomingMessage, ServerResponse } from "node:http";
import { parsePatience, waitForNews } from "./blocking.js";
import { Refusal } from "./refusal.js";
import type { Answer, Handler, Query, Route } from "./reply.js";
import type { WriteLog } from "./write-log.js";

const maxBodyBytes = 512 * 1024;
const methods = ["GET", "PUT", "DELETE"] as const;

export interface ServeOptions {
  readonly routes: readonly Route[];
  readonly writes: WriteLog;
  readonly datacenter: string;
  readonly random: () => number;
}

/** Answers one HTTP request; it throws for what nobody foresaw only. */
export async function serve(request: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  try {
    await answer(request, response, options);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    send(response, { status: error.status, type: "text/plain; charset=utf-8", body: error.message }, error.headers);
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  const [rawPath = "", rawQuery = ""] = (request.url ?? "/").split(/\?(.*)/s);
  const path = decodePath(rawPath);
  const route = findRoute(options.routes, path);
  if (!route) throw new Refusal(404, "");
  const handler = handlerOf(route, request.method ?? "");
  if (!handler) return send(response, { status: 200, body: "" }, { allow: allowed(route) });

  const query = new URLSearchParams(rawQuery);
  expectKnownReach(query, options.datacenter);
  const body = await readBody(request);
  const reply = handler({ method: request.method ?? "", rest: path.slice(route.path.length), query, body });
  if (!isQuery(reply)) return send(response, reply);

  const hungUp = new AbortController();
  response.on("close", () => hungUp.abort());
  await waitForNews(reply, parsePatience(query, options.random), options.writes, hungUp.signal);
  if (hungUp.signal.aborted) return;
  send(response, reply.answer(), {
    "x-consul-index": String(Math.max(reply.index(), 1)),
    "x-consul-knownleader": "true",
    "x-consul-lastcontact": "0",
  });
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, `the path is not well encoded: ${path}`);
  }
}

/** The longest path wins, so that `/v1/agent/service/register` is no service's id. */
function findRoute(routes: readonly Route[], path: string): Route | undefined {
  return routes
    .filter((route) => (route.path.endsWith("/") ? path.startsWith(route.path) : path === route.path))
    .reduce<Route | undefined>((best, one) => (best && best.path.length > one.path.length ? best : one), undefined);
}

function handlerOf(route: Route, method: string): Handler | undefined {
  if (method === "OPTIONS") return undefined;
  const handler = methods.includes(method as never) ? route[method as (typeof methods)[number]] : undefined;
  if (!handler) throw new Refusal(405, `method ${method} not allowed`, { allow: allowed(route) });
  return handler;
}

function allowed(route: Route): string {
  return ["OPTIONS", ...methods.filter((method) => route[method])].join(",");
}

/** To ignore either would be to answer another question. */
function expectKnownReach(query: URLSearchParams, datacenter: string): void {
  const asked = query.get("dc") || datacenter;
  if (asked !== datacenter) throw new Refusal(500, "No path to datacenter");
  if (query.get("filter")) throw new Refusal(400, "filter is not supported by the development registry");
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Reads past the limit without keeping it: a client that is still sending would not see the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    if (bytes > 16 * maxBodyBytes) break;
  }
  if (bytes <= maxBodyBytes) return Buffer.concat(chunks);
  throw new Refusal(413, `Request body(${bytes} bytes) too large, max size: ${maxBodyBytes} bytes`, {
    connection: "close",
  });
}

function isQuery(reply: Answer | Query): reply is Query {
  return "index" in reply;
}

function send(response: ServerResponse, { status, type, body }: Answer, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    ...headers,
    ...(type !== undefined && { "content-type": type }),
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
