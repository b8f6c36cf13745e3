import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { Call, Deadlines, outcomeOf, VastifyError } from "../../src/core/index.js";
import {
  createTransportClient,
  createTransportServer,
  type Endpoint,
  type InboundCall,
  ownProtocol,
  type TransportClientOptions,
  type TransportServer,
  type TransportServerOptions,
  triedOnce,
} from "../../src/transport/index.js";

export interface TestServer {
  readonly server: TransportServer;
  readonly port: number;
  /** Every call that reached it, in order. */
  readonly calls: readonly Call[];
  /** What it was told of each. */
  readonly inbound: readonly InboundCall[];
}

/** A server with a few actions, named by the message's `do`; closed after the test. */
export async function startServer(options: Partial<TransportServerOptions> = {}): Promise<TestServer> {
  const deadlines = new Deadlines();
  const calls: Call[] = [];
  const inbound: InboundCall[] = [];
  const server = createTransportServer({
    port: 0,
    handle(received) {
      const { message, tx, timeoutMs = 5_000, hops } = received;
      const call = new Call(message, { timeoutMs, tx, hops }, deadlines);
      calls.push(call);
      inbound.push(received);
      act(call);
      call.watch();
      return call;
    },
    ...options,
  });
  const port = await server.listen();
  onTestFinished(() => server.close(0));
  return { server, port, calls, inbound };
}

function act(call: Call): void {
  const { message } = call;
  switch (message.do) {
    case "echo":
      call.succeed(message.data);
      break;
    case "later":
      setTimeout(() => call.succeed(message.data), Number(message.ms));
      break;
    case "big":
      call.succeed("x".repeat(Number(message.bytes)));
      break;
    case "fail":
      call.fail(new VastifyError("not_found", "no user 7", { reason: "no_user", details: { id: "7" } }));
      break;
    case "fail-oddly":
      call.fail(new VastifyError("not_found", "no user 7", { details: { id: 7n } }));
      break;
    case "break":
      call.fail(new Error("password=secret"));
      break;
    case "throw":
      throw new Error("password=secret");
    case "circle": {
      const circle: Record<string, unknown> = {};
      circle.self = circle;
      call.succeed(circle);
      break;
    }
    case "never":
      break;
    default:
      call.fail(new VastifyError("not_found", "nothing does that", { reason: "no_pattern" }));
  }
}

export interface TestCall {
  timeoutMs?: number;
  tx?: string;
  hops?: number;
  signal?: AbortSignal;
}

export interface TestClient {
  call(endpoint: Endpoint, message: Record<string, unknown>, options?: TestCall): Promise<unknown>;
  close(): void;
}

/** Closed after the test. */
export function startClient(options: TransportClientOptions = {}): TestClient {
  const deadlines = new Deadlines();
  const client = createTransportClient(options);
  onTestFinished(() => client.close());
  return {
    call(endpoint, message, { timeoutMs = 5_000, tx, hops, signal } = {}) {
      const call = new Call(message, { timeoutMs, tx, hops }, deadlines);
      const outcome = outcomeOf(call);
      signal?.addEventListener("abort", () => call.cancel(), { once: true });
      client.to(endpoint).send(triedOnce(call));
      return outcome;
    },
    close: client.close,
  };
}

export function endpointOf(port: number, protocols: readonly string[] = [ownProtocol]): Endpoint {
  return { host: "127.0.0.1", port, protocols };
}

/** A peer that may say anything. */
export interface RawPeer {
  readonly socket: Socket;
  send(data: string | Uint8Array): void;
  /** The next line that the other side sends, parsed when it is a frame. */
  next(): Promise<unknown>;
  /** Everything that came since the last line that was taken, once the connection is closed. */
  rest(): Promise<string>;
}

export const hello = "vastify/1 {}\n";

export async function rawPeer(port: number): Promise<RawPeer> {
  const peer = peerOf(connect({ host: "127.0.0.1", port, noDelay: true }));
  await once(peer.socket, "connect");
  return peer;
}

export async function greetedPeer(port: number, greeting = hello): Promise<RawPeer> {
  const peer = await rawPeer(port);
  peer.send(greeting);
  await peer.next();
  return peer;
}

export function peerOf(socket: Socket): RawPeer {
  let text = "";
  let closed = false;
  let wake = () => {};
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    wake();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
    wake();
  });
  onTestFinished(() => void socket.destroy());
  const changed = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return {
    socket,
    send: (data) => void socket.write(data),
    async next() {
      for (;;) {
        const end = text.indexOf("\n");
        if (end >= 0) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          return line.startsWith("[") ? JSON.parse(line) : line;
        }
        if (closed) throw new Error(`the connection was closed, after ${JSON.stringify(text)}`);
        await changed();
      }
    },
    async rest() {
      while (!closed) await changed();
      return text;
    },
  };
}
