import cluster from "node:cluster";
import { randomUUID } from "node:crypto";
import { type Caller, type CallerOptions, type Contract, createCaller, describeContract } from "../contracts/index.js";
import { delay, type Logger, type Message, type Part, startParts, stopParts, VastifyError } from "../core/index.js";
import type { Directory, Settings } from "../discovery/index.js";
import {
  type ActOptions,
  closeSeneca,
  createDispatcher,
  hostContract,
  loadPlugins,
  type Seneca,
  type SenecaAction,
  type SenecaPluginObject,
} from "../dispatch/index.js";
import { createRouter, describeMessage, versionsFor } from "../routing/index.js";
import { createLog } from "../telemetry/index.js";
import {
  createQueueServer,
  createTransportClient,
  createTransportServer,
  resolveTransportLimits,
  type TransportClient,
} from "../transport/index.js";
import {
  createContractRoutes,
  createHttpServer,
  createKoaApp,
  createModuleRoutes,
  health,
  type ServiceModule,
} from "../web/index.js";
import { forgetByEvents } from "./cache-options.js";
import { digestOf, type ServiceDescription } from "./description.js";
import { expectCompatible } from "./expect-compatible.js";
import { type ExplainOptions, type Explanation, explain } from "./explanation.js";
import { listeningPorts } from "./listening-ports.js";
import { connectRegistry, type Membership } from "./registry.js";
import { type ResolvedServiceOptions, resolveServiceOptions, type ServiceOptions } from "./service-options.js";

export interface Service {
  readonly name: string;
  readonly version: string;
  /** `name@uuid`: this process, as Consul knows it. */
  readonly instance: string;
  /** The Seneca instance, for authors who want the whole of it. */
  readonly seneca: Seneca;
  readonly log: Logger;
  /** Adds an action that peers may call; `private$: true` in the pattern keeps it to this process. */
  add(pattern: string | Message, action: SenecaAction): void;
  /**
   * Calls an action: here, or in the service that `$$target` and `$$version` name.
   * @throws VastifyError with the code and reason of what went wrong: docs/reference/errors.md
   */
  act(message: Message, options?: ActOptions): Promise<unknown>;
  /**
   * The actions of a contract as functions, typed by its schemas.
   *
   * Each throws what `act` throws, and `invalid_argument` reason `bad_input` for what the target's schema refuses.
   */
  caller<C extends Contract>(contract: C): Caller<C, ServiceCallerOptions>;
  /**
   * Why a call would go where it goes: the action that matches and those it replaced, or the instances of the target
   * with what speaks for and against each. Nothing is sent.
   * @throws VastifyError `invalid_argument`, reason `bad_target` or `bad_version`
   */
  explain(message: Message, options?: ExplainOptions): Promise<Explanation>;
  /**
   * Starts parts, loads modules, listens, and registers in Consul once everything answers. A failed start undoes
   * what it began.
   * @throws VastifyError such as `failed_precondition`, reason `port_taken`
   */
  start(): Promise<void>;
  /** Leaves Consul, lets callers notice, finishes what is in flight, and releases everything. Safe to call twice. */
  stop(): Promise<void>;
  /** Where this process listens, once started; the port that a cluster's workers share is not among them. */
  readonly addresses: { readonly http?: string; readonly microservice?: string };
}

/** How one call of a contract's action is made. */
export interface ServiceCallerOptions extends CallerOptions, Omit<ActOptions, "idempotent" | "timeoutMs"> {}

/** What the gateway adds to a service; internal to this room. */
export interface ServiceExtension {
  /** Middleware that serves after `/health` and before the modules' routes. */
  readonly middleware: readonly Parameters<ReturnType<typeof createKoaApp>["use"]>[0][];
  readonly part: Part;
}
export type Extend = (inner: {
  directory: Directory;
  transport: TransportClient;
  settings: Settings;
  act: Service["act"];
  log: Logger;
}) => ServiceExtension;

/** How long a Consul that does not answer holds the leaving up, in milliseconds. */
const longestDeregisterMs = 2_000;

/** How long any one part may take to stop, besides the times that the options give, in milliseconds. */
const longestPartStopMs = 20_000;

type State = "idle" | "starting" | "running" | "leaving" | "stopped";

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option that is missing or wrong */
export function createService(options: ServiceOptions): Service {
  return composeService(resolveServiceOptions(options));
}

export function composeService(options: ResolvedServiceOptions, extend?: Extend): Service {
  const { name, version, host, advertise, modules, noticeMs, graceMs } = options;
  const instance = `${name}@${randomUUID()}`;
  const log = isLogger(options.log) ? options.log : createLog({ service: name, version, instance }, options.log);
  const registry = connectRegistry(options, log);
  const { directory, settings } = registry;
  const { secret, tls, heartbeatMs, identityKeys } = options.peers;
  const identities = identityKeys && { target: name, keys: identityKeys };
  const { callQueue } = options;
  const transport = createTransportClient({
    ...{ secret, tls, identityKeys, carrier: callQueue?.broker, prefersQueues: callQueue?.prefer },
    ...(heartbeatMs !== undefined && { heartbeatMs }),
  });
  const remote = createRouter({
    self: { target: name, version },
    ...{ directory, transport, settings, zone: options.zone, log },
    ...{ balance: options.balance, slowStartMs: options.slowStartMs, policies: options.policies, chaos: options.chaos },
  });
  const dispatcher = createDispatcher({ name, log, timeoutMs: options.timeoutMs, remote, seneca: options.seneca });
  const { seneca } = dispatcher;
  const { maxBodyBytes } = options.http;
  const contracts = options.contracts.map(({ contract }) => contract);
  const described = contracts.map(describeContract);
  const contractRoutes = createContractRoutes({ contracts, dispatcher, maxBodyBytes });
  const routes = createModuleRoutes({ dispatcher, maxBodyBytes, describe: contractRoutes.describe });
  const addresses: { http?: string; microservice?: string } = {};
  let state: State = "idle";
  let ports: { http: number; microservice: number | null } = { http: 0, microservice: null };
  let membership: Membership | undefined;
  const givingUp = new AbortController();
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const describe = (): ServiceDescription => ({
    target: name,
    version,
    routes: [...contractRoutes.published, ...routes.published],
    patterns: dispatcher.exposed(),
    actions: described.flatMap(({ actions }) => actions),
    events: described.flatMap(({ events }) => events),
  });
  /** A contract that this version of this service keeps. */
  const isHere = (contract: Contract): boolean =>
    contract.target === name && versionsFor([version], `^${contract.version}`).length > 0;
  const { cache: caching } = options;
  for (const implementation of options.contracts) hostContract(seneca, implementation, { log, isHere, caching });
  if (caching)
    forgetByEvents(
      caching,
      contracts.flatMap(({ events }) => Object.values(events)),
    );
  seneca.add(describeMessage, (_message, reply) => reply(null, describe()));

  const app = createKoaApp({ log, isLeaving: () => state === "leaving" });
  const extension = extend?.({ directory, transport, settings, act: dispatcher.act, log });
  const parts = [...new Set([...(caching ? [caching.store] : []), ...options.parts])];
  if (extension) parts.push(extension.part);
  app.use(
    health(() => {
      const facts = Object.fromEntries(parts.map((part) => [part.name, part.health?.() ?? { ok: true }]));
      const ready = state === "running" && Object.values(facts).every((fact) => fact.ok);
      const status = ready ? "passing" : state === "leaving" ? "leaving" : "critical";
      return {
        ready,
        body: {
          ...{ status, target: name, version, instance, parts: facts },
          registry: { ...directory.health(), unlistedSettings: settings.unlisted },
          ...(membership?.notes && { notes: membership.notes }),
        },
      };
    }),
  );
  for (const middleware of extension?.middleware ?? []) app.use(middleware);
  for (const { router } of [contractRoutes, routes])
    app.use(router.routes() as never).use(router.allowedMethods() as never);

  const wanted = listeningPorts(options, cluster.isWorker);
  const http = createHttpServer({ app, log, host, port: wanted.http, exclusive: true });
  const sharedHttp =
    wanted.sharedHttp === undefined ? undefined : createHttpServer({ app, log, host, port: wanted.sharedHttp });
  const calls =
    options.microservice &&
    createTransportServer({
      host,
      port: wanted.microservice,
      exclusive: true,
      limits: options.microservice.limits,
      identities,
      secret,
      tls: tls && { ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined },
      log,
      handle: dispatcher.receive,
    });

  const queued = callQueue?.serve
    ? createQueueServer({
        carrier: callQueue.broker,
        queue: callQueueOf(instance),
        limits: resolveTransportLimits(options.microservice?.limits),
        log,
        handle: dispatcher.receive,
        identities,
      })
    : undefined;

  /** In this order they start; in reverse they stop. */
  const lifecycle: readonly Part[] = [
    {
      name: "consul",
      async start() {
        directory.start();
        settings.start();
      },
      async stop() {
        remote.stop();
        await settings.stop();
        await directory.stop();
        transport.close();
      },
    },
    ...parts,
    {
      name: "modules",
      async start({ signal }) {
        await loadPlugins(seneca, [{ plugin: routes.plugin }, ...modules.map(namedPlugin(dispatcher.expose))], signal);
        await routes.map(modules);
      },
      stop: () => closeSeneca(seneca),
    },
    {
      name: "servers",
      async start() {
        await queued?.listen();
        ports = { http: await http.listen(), microservice: calls ? await calls.listen() : null };
        addresses.http = `http://${advertise}:${ports.http}`;
        if (ports.microservice !== null) addresses.microservice = `${advertise}:${ports.microservice}`;
      },
      async stop() {
        calls?.refuse();
        queued?.refuse();
        for (const part of parts) part.leave?.();
        await Promise.all([
          ...[http.close(graceMs), sharedHttp?.close(graceMs), calls?.close(graceMs)],
          Promise.race([queued?.close(), delay(graceMs)]),
        ]);
      },
    },
    {
      name: "contracts",
      async start({ signal }) {
        if (contracts.length === 0) return;
        await expectCompatible(describe(), { directory, transport, log, signal, isForced: options.forceContracts });
      },
      stop: async () => {},
    },
    {
      name: "registration",
      async start({ signal }) {
        membership = registry.join({
          ...{ id: instance, ports, description: digestOf(describe()) },
          callQueue: callQueue?.serve ? callQueueOf(instance) : undefined,
        });
        // Before Consul's first check asks /health.
        state = "running";
        await membership.register(signal, directory.stoodIn);
      },
      async stop() {
        // Callers hear of it from Consul, so their time begins when it knows. One that is away tells nobody.
        await Promise.race([membership?.deregister(), delay(longestDeregisterMs)]);
        if (state === "leaving") await delay(noticeMs);
      },
    },
    {
      name: "shared port",
      // The last to open, as a balancer behind it would see this worker's 503 before; it closes with the other servers.
      start: async () => void (await sharedHttp?.listen()),
      stop: async () => {},
    },
  ];

  async function start(): Promise<void> {
    if (state !== "idle")
      throw new VastifyError("failed_precondition", `${name} was started before; make a new service`, {
        reason: "started_before",
      });
    state = "starting";
    const tooLate = setTimeout(
      () => givingUp.abort(startedTooSlowly(name, options.startTimeoutMs)),
      options.startTimeoutMs,
    );
    starting = startParts(lifecycle, { log, signal: givingUp.signal, act: dispatcher.act });
    try {
      await starting;
    } catch (error) {
      state = "stopped";
      throw error;
    } finally {
      clearTimeout(tooLate);
    }
    const shared = wanted.sharedHttp === undefined ? {} : { sharedHttp: `http://${advertise}:${wanted.sharedHttp}` };
    log.info(`${name} ${version} is ready`, { ...addresses, ...shared });
    if (cluster.isWorker && options.microservice && options.microservice.port !== 0)
      log.info(`a worker of a cluster answers calls at a port of its own; ${options.microservice.port} is left free`);
  }

  async function stop(): Promise<void> {
    givingUp.abort(new VastifyError("canceled", `${name} was stopped while it started`));
    await starting?.catch(() => {});
    if (state !== "running") {
      state = "stopped";
      return;
    }
    state = "leaving";
    log.info("leaving: no new work, finishing what is in flight");
    await stopParts(lifecycle, log, longestPartStopMs + Math.max(noticeMs, graceMs));
    state = "stopped";
    log.info("stopped");
  }

  return {
    name,
    version,
    instance,
    seneca,
    log,
    addresses,
    add: (pattern, action) => {
      seneca.add(pattern, action);
    },
    act: dispatcher.act,
    caller: (contract) => createCaller(contract, { send: dispatcher.act, isHere: isHere(contract) }),
    explain: (message, explainOptions) => explain(dispatcher, remote, message, explainOptions),
    start,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** The queue of one process: an instance's id, in characters that names at the broker may have. */
function callQueueOf(instance: string): string {
  return `vastify.calls.${instance.replace("@", ".")}`;
}

function startedTooSlowly(name: string, timeoutMs: number): VastifyError {
  return new VastifyError("deadline_exceeded", `${name} did not start within ${timeoutMs} ms`, {
    reason: "deadline_exceeded",
  });
}

/** Plugins of one name would replace each other in Seneca, so a second one gets a number. */
function namedPlugin(expose: (name: string) => void) {
  const taken = new Set<string>();
  return (
    { name, plugin, options }: ServiceModule,
    index: number,
  ): { plugin: SenecaPluginObject; options: unknown } => {
    const wanted = (name ?? plugin.name) || `module${index}`;
    const unique = taken.has(wanted) ? `${wanted}-${index}` : wanted;
    taken.add(unique);
    expose(unique);
    const object = typeof plugin === "function" ? { ...plugin, define: plugin } : plugin;
    return { plugin: { ...object, name: unique }, options };
  };
}

function isLogger(log: Logger | object): log is Logger {
  return "info" in log && typeof log.info === "function";
}
