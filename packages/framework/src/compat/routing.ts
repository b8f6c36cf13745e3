import type { Logger } from "../core/index.js";
import { Call, Deadlines, outcomeOf } from "../core/index.js";
import { connectConsul, createDirectory } from "../discovery/index.js";
import { installRemoteAction, type RemoteCaller, type Seneca } from "../dispatch/index.js";
import { createRouter } from "../routing/index.js";
import { asLogger } from "../telemetry/index.js";
import { createTransportClient } from "../transport/index.js";
import { type ConsulServer, consulOptionsOf } from "./config.js";
import { Logger as LoggerTool } from "./logger.js";

/** Consul's options, as in 2018, and how old our view of it may be. */
export interface RoutingOptions extends ConsulServer {
  /** In milliseconds. @default 12_000 */
  servicesRefresh?: number;
}

export interface Routing {
  readonly remote: RemoteCaller;
  stop(): Promise<void>;
}

export function startRouting(options: RoutingOptions, log: Logger): Routing {
  const { servicesRefresh = 12_000, ...server } = options;
  const directory = createDirectory({
    consul: connectConsul(consulOptionsOf(server)),
    servicesRefreshMs: servicesRefresh,
    log,
  });
  const transport = createTransportClient();
  // A 2018 process does not say which target it is; a call to itself finds it in Consul like any other.
  const remote = createRouter({ self: { target: "", version: "0.0.0" }, directory, transport, log });
  directory.start();
  return {
    remote,
    async stop() {
      await directory.stop();
      transport.close();
    },
  };
}

/** By this an instance of ours is told from a plain Seneca: it routes already and only takes other options. */
export const ownRouting = Symbol.for("vastify.compat.routing");

export type WithOwnRouting = Seneca & { [ownRouting]?: (options: RoutingOptions) => void };

/**
 * A Seneca plugin that sends every message with a `$$target` to an instance of it that Consul knows to be alive and
 * that satisfies its `$$version`, on any Seneca: `seneca.use(Plugins.Routing, { host, port, servicesRefresh })`.
 */
export function Routing(this: Seneca, options: RoutingOptions = {}): void {
  const { root } = this;
  const takeOptions = (root as WithOwnRouting)[ownRouting];
  if (takeOptions) {
    takeOptions(options);
    return;
  }
  const routing = startRouting(options, asLogger(LoggerTool.generateLogger()));
  const deadlines = new Deadlines();
  installRemoteAction(root, {
    newCall: (message, more) => new Call(message, { timeoutMs: 5_000, ...more }, deadlines),
    send(addressee, call) {
      routing.remote.send(addressee, call);
      return outcomeOf(call);
    },
  });
  stopOnClose(root, routing.stop);
}

/** Runs `stop` when Seneca closes. */
export function stopOnClose(seneca: Seneca, stop: () => Promise<void>): void {
  seneca.add("role:seneca,cmd:close", function (this: Seneca, message, reply) {
    stop().then(
      () => this.prior(message, reply),
      () => this.prior(message, reply),
    );
  });
}

export const Plugins = { Routing } as const;
