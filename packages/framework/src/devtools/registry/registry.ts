import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { badOption, expectPort, type Logger, type Part, type PartContext, VastifyError } from "../../core/index.js";
import { createAgent } from "./agent.js";
import { agentRoutes } from "./agent-routes.js";
import { createCatalog, seedCatalog } from "./catalog.js";
import { catalogRoutes } from "./catalog-routes.js";
import { kvRoutes } from "./kv-routes.js";
import { createKvStore } from "./kv-store.js";
import { serve } from "./serve.js";
import { createWriteLog } from "./write-log.js";

export interface RegistryOptions {
  /** A loopback address: the registry trusts whoever reaches it. @default "127.0.0.1" */
  host?: string;
  /** 0 takes any free port. @default 8500 */
  port?: number;
  /** @default "dc1" */
  datacenter?: string;
  /** @default "development" */
  nodeName?: string;
  /** @default the logger that `start` is given */
  log?: Logger;
  /** No service is deregistered for being critical before this, whatever its check says. @default 60_000 */
  deregisterFloorMs?: number;
  /** How often services that stay critical are looked for. @default 30_000 */
  reapEveryMs?: number;
  /** @default Date.now */
  now?: () => number;
  /** Spreads first runs of checks and ends of waits. @default Math.random */
  random?: () => number;
}

export interface Registry extends Part {
  /** Where it answers, as `http://host:port`; it throws before `start`. */
  readonly url: string;
  /** The port it got; it throws before `start`. */
  readonly port: number;
}

/**
 * A server that speaks the part of Consul's HTTP API (v1) that vastify uses, so that services find each other where
 * no Consul is installed. It is for development: one node, no ACL, no TLS, and everything is kept in memory and
 * forgotten at `stop`.
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  const settings = resolveRegistryOptions(options);
  let running: Running | undefined;
  const address = (): AddressInfo => {
    const bound = running?.server.address();
    if (typeof bound === "object" && bound !== null) return bound;
    throw new VastifyError("failed_precondition", "the registry has no address before it has started");
  };
  return {
    name: "registry",
    get port() {
      return address().port;
    },
    get url() {
      const { host } = settings;
      return `http://${host.includes(":") ? `[${host}]` : host}:${address().port}`;
    },
    async start(context) {
      context.signal.throwIfAborted();
      if (running) return;
      running = await run(settings, options.log ?? context.log, context);
    },
    async stop() {
      const last = running;
      running = undefined;
      await last?.stop();
    },
    health: () => ({ ok: running !== undefined }),
  };
}

type Settings = Required<Omit<RegistryOptions, "log">>;

export function resolveRegistryOptions(options: RegistryOptions): Settings {
  const { host = "127.0.0.1", port = 8500, datacenter = "dc1", nodeName = "development" } = options;
  const { deregisterFloorMs = 60_000, reapEveryMs = 30_000, now = Date.now, random = Math.random } = options;
  if (!/^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) throw badOption("host", host, "a loopback address");
  expectPort("port", port, 0);
  return { host, port, datacenter, nodeName, deregisterFloorMs, reapEveryMs, now, random };
}

interface Running {
  readonly server: Server;
  stop(): Promise<void>;
}

async function run(settings: Settings, log: Logger, { signal }: PartContext): Promise<Running> {
  const { datacenter, nodeName, now, random, deregisterFloorMs } = settings;
  const node = { id: randomUUID(), name: nodeName, datacenter, address: "127.0.0.1" };
  const writes = createWriteLog();
  const catalog = createCatalog(writes, now);
  seedCatalog(catalog, 8300);
  const agent = createAgent({ catalog, log, now, random, deregisterFloorMs });
  const routes = [
    ...agentRoutes(agent, catalog, node),
    ...catalogRoutes(catalog, node),
    ...kvRoutes(createKvStore(writes)),
  ];
  const server = createServer((request, response) => {
    serve(request, response, { routes, writes, datacenter, random }).catch((err: unknown) => {
      // A client that hung up while it was sending is no fault of ours.
      if (request.complete) log.error(`the registry failed at ${request.method} ${request.url}`, { err });
      if (!response.headersSent) response.writeHead(500).end();
      else response.destroy();
    });
  });
  // Clients keep connections open between polls: closing them early makes the next poll fail.
  server.keepAliveTimeout = 120_000;

  await listen(server, settings, signal);
  const reaper = setInterval(() => agent.reap(), settings.reapEveryMs).unref();
  return {
    server,
    stop() {
      clearInterval(reaper);
      agent.stop();
      return new Promise((resolve) => {
        server.close(() => resolve());
        // Ends those that wait, too.
        server.closeAllConnections();
      });
    },
  };
}

function listen(server: Server, { host, port }: Settings, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => server.close(() => reject(VastifyError.from(signal.reason)));
    signal.addEventListener("abort", giveUp, { once: true });
    server.once("error", (cause: NodeJS.ErrnoException) => {
      signal.removeEventListener("abort", giveUp);
      reject(cause.code === "EADDRINUSE" ? portTaken(host, port, cause) : cause);
    });
    server.listen(port, host, () => {
      signal.removeEventListener("abort", giveUp);
      resolve();
    });
  });
}

function portTaken(host: string, port: number, cause: Error): VastifyError {
  const message = `the registry cannot listen at ${host}:${port}: another process does, maybe a Consul agent`;
  return new VastifyError("failed_precondition", message, { reason: "port_taken", cause });
}
