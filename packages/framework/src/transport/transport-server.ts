import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { type Logger, listenOn, silentLogger } from "../core/index.js";
import type { BusyPoll } from "./busy-poll.js";
import { createFramedServer } from "./framed-server.js";
import { preface } from "./frames.js";
import type { InboundHandler } from "./inbound.js";
import { resolveTransportLimits, type TransportLimits } from "./limits.js";
import { createSecretCheck } from "./secret.js";
import { createSenecaHttpServer } from "./seneca-http-server.js";
import { createIdentityCheck } from "./signed-identity.js";

export interface TransportServerOptions {
  /** @default "127.0.0.1" */
  host?: string;
  /** 0 takes any free port. */
  port: number;
  /** In a worker of a cluster: have the port alone, rather than share it with the other workers. @default false */
  exclusive?: boolean;
  handle: InboundHandler;
  /** What peers must say before they are answered: in our protocol's greeting, over HTTP as bearer token. @default none */
  secret?: string | undefined;
  /** Speak TLS; with `ca` and `requestCert` peers must show a certificate too. @default plain */
  tls?: TlsOptions | undefined;
  /**
   * Who we are, and the keys of which any may have signed who a call is made for.
   * @default nobody's word is taken for it
   */
  identities?: { readonly target: string; readonly keys: readonly string[] } | undefined;
  limits?: TransportLimits;
  /** Keeps the event loop awake while the next call may come soon. @default it sleeps */
  poll?: BusyPoll | undefined;
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

const [firstByte] = Buffer.from(preface);

/** One port for our own protocol and Seneca's HTTP protocol, told apart by the first byte. */
export function createTransportServer(options: TransportServerOptions): TransportServer {
  const { host = "127.0.0.1", port, exclusive, handle, log = silentLogger } = options;
  const limits = resolveTransportLimits(options.limits);
  const isSecret = createSecretCheck(options.secret);
  const identityOf = createIdentityCheck(options.identities);
  let refusing = false;
  const framed = createFramedServer({ handle, limits, log, isSecret, identityOf, poll: options.poll });
  const http = createSenecaHttpServer({ handle, limits, log, isSecret, identityOf, isRefusing: () => refusing });
  const server: Server = options.tls
    ? createTlsServer({ handshakeTimeout: limits.helloTimeoutMs, ...options.tls }, accept)
    : createServer({ noDelay: true }, accept);
  // Node.js only says that a handshake takes too long.
  server.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
  server.maxConnections = limits.maxConnections;

  let closing = false;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  function accept(socket: Socket): void {
    const ignore = () => {};
    socket.on("error", ignore);
    socket.setTimeout(limits.helloTimeoutMs, () => socket.destroy());
    socket.once("readable", () => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      if (closing) {
        socket.destroy();
        return;
      }
      socket.off("error", ignore);
      socket.unshift(chunk);
      if (chunk[0] === firstByte) framed.accept(socket);
      else http.accept(socket);
    });
  }

  return {
    async listen() {
      const listening = await listenOn(server, { host, port, exclusive });
      server.on("error", (err) => log.error("a connection could not be accepted", { err }));
      return listening;
    },
    refuse() {
      refusing = true;
      framed.refuse();
    },
    async close(graceMs) {
      if (!server.listening) return;
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([framed.close(graceMs), http.close(graceMs)]);
      // Those that have not said yet what they speak, or not shaken hands.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
