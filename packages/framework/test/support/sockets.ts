import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { until } from "./services.js";

/** How a socket was closed, as its client saw it. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export interface TestSocket {
  readonly socket: WebSocket;
  /** Of the 101. */
  readonly headers: IncomingMessage["headers"];
  readonly closed: Promise<Closed>;
  send(message: unknown): void;
  /** The next message: JSON is read, bytes are given as they are. */
  next(): Promise<unknown>;
}

/** Opens a WebSocket, which is cut off after the test. */
export async function openSocket(url: string, options: ClientOptions = {}): Promise<TestSocket> {
  const socket = connect(url, options);
  const waiting: unknown[] = [];
  const wanting: ((message: unknown) => void)[] = [];
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    const message = isBinary ? data : JSON.parse(data.toString());
    const want = wanting.shift();
    if (want) want(message);
    else waiting.push(message);
  });
  const closed = new Promise<Closed>((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  const [[{ headers }]] = (await Promise.all([once(socket, "upgrade"), once(socket, "open")])) as [
    [IncomingMessage],
    [],
  ];
  return {
    socket,
    headers,
    closed,
    send: (message) => socket.send(message instanceof Uint8Array ? message : JSON.stringify(message)),
    async next() {
      if (waiting.length > 0) return waiting.shift();
      const message = new Promise((resolve) => {
        wanting.push(resolve);
      });
      const end = closed.then(({ code, reason }) => {
        throw new Error(`closed by ${code} ${reason} instead of a message`);
      });
      return Promise.race([message, end]);
    },
  };
}

/** What a request for a WebSocket is answered with, where it is not opened. */
export async function refusalOf(
  url: string,
  options: ClientOptions = {},
): Promise<{ status: number | undefined; headers: IncomingMessage["headers"]; body: Record<string, unknown> }> {
  const socket = connect(url, options);
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  const body = JSON.parse(Buffer.concat(await response.toArray()).toString());
  return { status: response.statusCode, headers: response.headers, body };
}

function connect(url: string, options: ClientOptions): WebSocket {
  const socket = new WebSocket(url.replace(/^http/, "ws"), { perMessageDeflate: false, ...options });
  // A test may cut it off before it is open.
  socket.on("error", () => {});
  onTestFinished(() => socket.terminate());
  return socket;
}

/** Waits until a number stays the same, and gives it. */
export async function settled(read: () => number): Promise<number> {
  let last = read();
  let sameFor = 0;
  await until(() => {
    const now = read();
    sameFor = now === last ? sameFor + 1 : 0;
    last = now;
    return sameFor === 10;
  }, "nothing moves any more");
  return last;
}
