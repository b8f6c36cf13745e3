import { createRequire } from "node:module";
import { badOption, type Logger, VastifyError } from "../core/index.js";
import { createDispatcher, type RemoteCaller, type Seneca, type SenecaPluginObject } from "../dispatch/index.js";
import { asLogger } from "../telemetry/index.js";
import { createKoaApp, createModuleRoutes, health, type ServiceModule, serveInKoa } from "../web/index.js";
import { type InstanceConfig, type ResolvedConfig, resolveInstanceConfig } from "./config.js";
import { serveListen } from "./listen.js";
import { Logger as LoggerTool } from "./logger.js";
import {
  ownRouting,
  type Routing,
  type RoutingOptions,
  startRouting,
  stopOnClose,
  type WithOwnRouting,
} from "./routing.js";
import { VastifyWebModule } from "./web-module.js";

export interface InstanceSeneca extends Seneca {
  /** Loads modules and serves their routes on `web.app`. */
  useREST(modules: ServiceModule | readonly ServiceModule[]): InstanceSeneca;
  /** `listen(port, host)` or `listen({ port, host, pin })`; it answers as a service's microservice port does. */
  listen(options?: unknown, host?: unknown, ...more: unknown[]): Seneca;
}

type Koa = ReturnType<typeof createKoaApp>;

export interface InstanceWeb {
  readonly VastifyWebModule: typeof VastifyWebModule;
  /** Serves `/health`, then what is added by `use`, then the modules' routes. */
  readonly app: Koa;
}

/** A mongoose connection, as far as this declares it: mongoose need not be installed to read these types. */
export interface InstanceDb {
  readonly readyState: number;
  // biome-ignore lint/suspicious/noExplicitAny: a model's type is mongoose's to say
  model(name: string, schema?: unknown, collection?: string): any;
  close(): Promise<void>;
}

export interface Instance {
  /** It sends messages with a `$$target` to where Consul says, and `seneca.close` releases everything. */
  readonly seneca: InstanceSeneca;
  readonly web: InstanceWeb;
  /** Undefined unless `config.db` is given. */
  readonly db: InstanceDb | undefined;
  readonly config: ResolvedConfig;
}

const maxBodyBytes = 1_048_576;

// In 2018 a module asked for the instance that its service's main file had made by calling getInstance() again.
let current: Instance | undefined;

/**
 * Makes an instance; without a config it gives the one made last, if there is one.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option that is wrong
 */
export function getInstance(config?: InstanceConfig): Instance {
  if (config !== undefined || current === undefined) current = createInstance(config);
  return current;
}

/** The `web` of the instance made last. */
export const web: InstanceWeb = {
  VastifyWebModule,
  get app() {
    return getInstance().web.app;
  },
};

function createInstance(given: InstanceConfig | undefined): Instance {
  const config = resolveInstanceConfig(given);
  const log = asLogger(LoggerTool.generateLogger(config.logger.winston));
  const routing = createLazyRouting(config, log);
  const { tag, timeout } = config.seneca as { tag?: unknown; timeout?: unknown };
  if (typeof timeout !== "number" || timeout <= 0) throw badOption("seneca.timeout", timeout, "a number above 0");
  const dispatcher = createDispatcher({
    name: typeof tag === "string" ? tag : "vastify",
    log,
    timeoutMs: timeout,
    remote: routing.remote,
    // A close that overtakes the loading of plugins would hang until they time out.
    seneca: { transport: { port: 10_101 }, close_delay: timeout, ...config.seneca },
  });
  const seneca = dispatcher.seneca as InstanceSeneca & WithOwnRouting;
  const db = config.db && connectDb(config.db.address, log);
  const routes = createModuleRoutes({ dispatcher, maxBodyBytes });
  let loaded = false;
  let failure: VastifyError | undefined;

  seneca[ownRouting] = routing.configure;
  exposeOwnPlugins(seneca, dispatcher.expose);
  seneca.use(routes.plugin);
  const stopListening = serveListen({ dispatcher, host: config.microservice.host, log });
  stopOnClose(seneca, async () => {
    await stopListening();
    await Promise.all([routing.stop(), db?.stop()]);
  });
  const nameOf = uniqueNames();
  seneca.useREST = (modules) => {
    for (const module of [modules].flat().map(expectModule)) {
      seneca.use(namedPlugin(module, nameOf(module)), module.options ?? {});
      routes.map([module]).catch((thrown: unknown) => {
        failure = VastifyError.from(thrown);
        log.error("a module's routes can't be served", { err: failure });
      });
    }
    return seneca;
  };
  seneca.ready(() => {
    loaded = true;
  });

  const report = () => {
    const ready = loaded && failure === undefined && (db?.health().ok ?? true);
    return { ready, body: { status: ready ? "passing" : "critical", ...config.microservice.healthCheckReturn } };
  };
  const app = createApp(log, report, [routes.router.routes(), routes.router.allowedMethods()]);
  return { seneca, web: { VastifyWebModule, app }, db: db?.connection, config };
}

/** Consul is asked from the first call to another service on, or when `Plugins.Routing` is used. */
function createLazyRouting(config: ResolvedConfig, log: Logger) {
  const defaults: RoutingOptions = { ...config["serverR&D"].consulServer, ...config.routing };
  let routing: Routing | undefined;
  const started = (): Routing => {
    routing ??= startRouting(defaults, log);
    return routing;
  };
  const remote: RemoteCaller = {
    isHere: () => false,
    send: (addressee, call) => started().remote.send(addressee, call),
  };
  return {
    remote,
    configure(options: RoutingOptions): void {
      void routing?.stop();
      routing = startRouting({ ...defaults, ...options }, log);
    },
    async stop() {
      await routing?.stop();
    },
  };
}

function connectDb(address: string, log: Logger) {
  // Loaded here, so that only who gives `db` needs mongoose.
  const { mongo } = createRequire(import.meta.url)("vastify/storage") as typeof import("../storage/index.js");
  const part = mongo({ uri: address });
  const lifetime = new AbortController();
  const started = part.start({ log, signal: lifetime.signal }).catch((err: unknown) => {
    if (!lifetime.signal.aborted) log.error("MongoDB can't be used", { err });
  });
  return {
    connection: part.connection as InstanceDb,
    health: () => part.health(),
    async stop() {
      lifetime.abort();
      await started;
      await part.stop();
    },
  };
}

/** In 2018 peers could call whatever was loaded; now, what is loaded as code. A plugin loaded by its package's name stays inside. */
function exposeOwnPlugins(seneca: Seneca, expose: (name: string) => void): void {
  const use = seneca.use as (this: Seneca, plugin: unknown, ...more: unknown[]) => Seneca;
  let unnamed = 0;
  seneca.use = function (this: Seneca, plugin: unknown, ...more: unknown[]): Seneca {
    if (typeof plugin === "function" && plugin.name === "") {
      unnamed += 1;
      const name = `plugin${unnamed}`;
      expose(name);
      return use.call(this, { ...plugin, name, define: plugin }, ...more);
    }
    const name = typeof plugin === "string" ? undefined : (plugin as { name?: unknown } | undefined)?.name;
    if (typeof name === "string") expose(name);
    return use.call(this, plugin, ...more);
  } as Seneca["use"];
}

/** Plugins of one name would replace each other in Seneca, so a second one gets a number. */
function uniqueNames(): (module: ServiceModule) => string {
  const taken = new Set<string>();
  return ({ name, plugin }) => {
    const wanted = (name ?? plugin.name) || "module";
    const unique = taken.has(wanted) ? `${wanted}-${taken.size}` : wanted;
    taken.add(unique);
    return unique;
  };
}

function namedPlugin({ plugin }: ServiceModule, name: string): SenecaPluginObject {
  return typeof plugin === "function" ? { ...plugin, name, define: plugin } : { ...plugin, name };
}

function expectModule(module: ServiceModule): ServiceModule {
  const plugin: unknown = module?.plugin;
  if (typeof plugin === "function" || (typeof plugin === "object" && plugin !== null)) return module;
  throw badOption("useREST", module, "a VastifyWebModule, or a list of them");
}

/**
 * What authors add by `use`, even after `listen`, runs before the modules' routes: Koa itself no longer sees what is
 * added once it listens, and in 2018 routes were added last.
 */
function createApp(log: Logger, report: Parameters<typeof health>[0], routes: readonly unknown[]): Koa {
  type Middleware = Parameters<Koa["use"]>[0];
  const app = createKoaApp({ log, isLeaving: () => false });
  const added: Middleware[] = [];
  app.use(serveInKoa(health(report)));
  app.use((ctx, next) => {
    const run = async (index: number): Promise<unknown> => {
      const middleware = added[index];
      return middleware ? middleware(ctx, () => run(index + 1)) : next();
    };
    return run(0);
  });
  for (const middleware of routes) app.use(middleware as Middleware);
  app.use = ((middleware: Middleware) => {
    if (typeof middleware !== "function") throw badOption("web.app.use", middleware, "a Koa middleware");
    added.push(middleware);
    return app;
  }) as Koa["use"];
  return app;
}
