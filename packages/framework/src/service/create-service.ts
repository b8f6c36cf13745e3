import cluster from "node:cluster";
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Contract, createCaller, describeContract } from "../contracts/index.js";
import { delay, type Logger, onceNeeded, type Part } from "../core/index.js";
import { closeSeneca, createDispatcher, hostContract, loadPlugins } from "../dispatch/index.js";
import { createRouter, describeMessage, versionsFor } from "../routing/index.js";
import { createLog } from "../telemetry/index.js";
import {
  BusyPoll,
  createQueueServer,
  createTransportClient,
  createTransportServer,
  resolveTransportLimits,
} from "../transport/index.js";
import {
  answerPlainly,
  createContractRoutes,
  createHttpServer,
  createKoaApp,
  createModuleRoutes,
  health,
  serveAtEdge,
  serveInKoa,
} from "../web/index.js";
import { forgetByEvents } from "./cache-options.js";
import { digestOf, type ServiceDescription } from "./description.js";
import { expectCompatible } from "./expect-compatible.js";
import { explain } from "./explanation.js";
import { listeningPorts } from "./listening-ports.js";
import { modulePlugins } from "./module-plugins.js";
import { callQueueOf, connectRegistry, type Membership } from "./registry.js";
import { resolveServiceOptions } from "./resolve-service-options.js";
import type { Extend, Service } from "./service.js";
import { createServiceLife } from "./service-life.js";
import type { ResolvedServiceOptions, ServiceOptions } from "./service-options.js";

/** How long a Consul that does not answer holds the leaving up, in milliseconds. */
const longestDeregisterMs = 2_000;

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option that is missing or wrong */
export function createService(options: ServiceOptions): Service {
  return composeService(resolveServiceOptions(options));
}

export function composeService(options: ResolvedServiceOptions, extend?: Extend): Service {
  const { name, version, host, advertise, modules, noticeMs, graceMs } = options;
  const instance = `${name}@${randomUUID()}`;
  const log = isLogger(options.log) ? options.log : createLog({ service: name, version, instance }, options.log);
  const life = createServiceLife({ ...options, log });
  const registry = connectRegistry(options, log);
  const { directory, settings } = registry;
  const { secret, tls, heartbeatMs, identityKeys, busyPollUs } = options.peers;
  const poll = busyPollUs > 0 ? new BusyPoll(busyPollUs) : undefined;
  const identities = identityKeys && { target: name, keys: identityKeys };
  const { callQueue } = options;
  const transport = createTransportClient({
    ...{ secret, tls, identityKeys, poll, carrier: callQueue?.broker, prefersQueues: callQueue?.prefer },
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
  const contractRoutes = createContractRoutes({ contracts, dispatcher, maxBodyBytes, log });
  const routes = createModuleRoutes({ dispatcher, maxBodyBytes, describe: contractRoutes.describe });
  const addresses: { http?: string; microservice?: string } = {};
  let ports: { http: number; microservice: number | null } = { http: 0, microservice: null };
  let membership: Membership | undefined;

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

  const isLeaving = (): boolean => life.state === "leaving";
  const extension = extend?.({ directory, transport, settings, act: dispatcher.act, log });
  const parts = [...new Set([...(caching ? [caching.store] : []), ...options.parts])];
  if (extension) parts.push(extension.part);
  const ownHealth = health(() => {
    const facts = Object.fromEntries(parts.map((part) => [part.name, part.health?.() ?? { ok: true }]));
    const ready = life.state === "running" && Object.values(facts).every((fact) => fact.ok);
    const status = ready ? "passing" : life.state === "leaving" ? "leaving" : "critical";
    return {
      ready,
      body: {
        ...{ status, target: name, version, instance, parts: facts },
        registry: { ...directory.health(), unlistedSettings: settings.unlisted },
        ...(membership?.notes && { notes: membership.notes }),
      },
    };
  });
  const healthServer = extension ? serveAtEdge(extension.edge, ownHealth) : ownHealth;
  const plain = [healthServer, ...(extension ? [extension.plain] : [])];
  const app = onceNeeded(() => {
    const app = createKoaApp({ log, isLeaving });
    const middleware = [serveInKoa(healthServer), ...(extension?.middleware ?? [])];
    for (const { router } of [contractRoutes, routes])
      middleware.push(router.routes() as never, router.allowedMethods() as never);
    for (const each of middleware) app.use(each);
    return { koa: app, answer: app.callback() };
  });
  const answeredPlainly = answerPlainly({ koa: () => app().koa, servers: plain, log, isLeaving });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (!answeredPlainly(request, response)) void app().answer(request, response);
  };
  const wanted = listeningPorts(options, cluster.isWorker);
  const http = createHttpServer({ answer, log, host, port: wanted.http, exclusive: true });
  const sharedHttp =
    wanted.sharedHttp === undefined ? undefined : createHttpServer({ answer, log, host, port: wanted.sharedHttp });
  const calls =
    options.microservice &&
    createTransportServer({
      host,
      port: wanted.microservice,
      exclusive: true,
      limits: options.microservice.limits,
      identities,
      secret,
      poll,
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
        await loadPlugins(seneca, [{ plugin: routes.plugin }, ...modulePlugins(modules, dispatcher.expose)], signal);
        await routes.map(modules);
        // Not with the first request.
        if (extension || describe().routes.length > 0) app();
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
        membership = registry.join({ id: instance, ports, description: digestOf(describe()) });
        // Before Consul's first check asks /health.
        life.beginRunning();
        await membership.register(signal, directory.stoodIn);
      },
      async stop() {
        // Callers hear of it from Consul, so their time begins when it knows. One that is away tells nobody.
        await Promise.race([membership?.deregister(), delay(longestDeregisterMs)]);
        if (life.state === "leaving") await delay(noticeMs);
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
    await life.start(lifecycle, dispatcher.act);
    const shared = wanted.sharedHttp === undefined ? {} : { sharedHttp: `http://${advertise}:${wanted.sharedHttp}` };
    log.info(`${name} ${version} is ready`, { ...addresses, ...shared });
    if (cluster.isWorker && options.microservice && options.microservice.port !== 0)
      log.info(`a worker of a cluster answers calls at a port of its own; ${options.microservice.port} is left free`);
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
    stop: life.stop,
  };
}

function isLogger(log: Logger | object): log is Logger {
  return "info" in log && typeof log.info === "function";
}
