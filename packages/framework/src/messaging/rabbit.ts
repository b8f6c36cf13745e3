import { newTraceId, type Part, type PartContext, type PartHealth, silentLogger, VastifyError } from "../core/index.js";
import type { Broker, Counts, Startable } from "./broker.js";
import { Delays } from "./failures/delays.js";
import { Link } from "./link/link.js";
import { Publisher } from "./link/publisher.js";
import { RpcChannel } from "./link/rpc-channel.js";
import { type RabbitOptions, resolveRabbitOptions } from "./rabbit-options.js";
import { createEvents, type Events } from "./ways/events.js";
import { createFanout, createRouted, type ExchangeOptions, type Fanout, type Routed } from "./ways/exchange.js";
import { createRpc, type Rpc, type RpcOptions } from "./ways/rpc.js";
import { createWorkQueue, type WorkQueue, type WorkQueueOptions } from "./ways/work-queue.js";

/**
 * RabbitMQ as a part: five ways of working and events. Name queues and subscribe at any time; it works from the start
 * on, and again by itself after every loss of connection, broker, channel or queue.
 */
export interface RabbitPart extends Part, Events {
  /**
   * @param context @default a silent log, and no way to give up
   * @throws VastifyError `unavailable` (`broker_unreachable`), `permission_denied` (`broker_denied`) or
   *   `failed_precondition` (`topology_refused`; `started_before`, of a part that two services share)
   */
  start(context?: PartContext): Promise<void>;
  /** Jobs, each for one of those who consume. */
  queue<T = unknown>(name: string, options?: WorkQueueOptions<T>): WorkQueue<T>;
  /** Messages for everybody who subscribes. */
  fanout<T = unknown>(name: string, options?: ExchangeOptions<T>): Fanout<T>;
  /** Messages for those who subscribe to exactly their routing key. */
  direct<T = unknown>(name: string, options?: ExchangeOptions<T>): Routed<T>;
  /** Messages for those who subscribe to a pattern of their routing key, such as `*.error` or `log.#`. */
  topic<T = unknown>(name: string, options?: ExchangeOptions<T>): Routed<T>;
  /** Requests with answers. */
  rpc<Input = unknown, Output = unknown>(name: string, options?: RpcOptions<Input, Output>): Rpc<Input, Output>;
  health(): PartHealth;
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function rabbit(given: RabbitOptions): RabbitPart {
  const options = resolveRabbitOptions(given);
  const outgoing = new Link("publishing", options);
  const incoming = new Link("consuming", options);
  const publisher = new Publisher(outgoing, options);
  const rpc = new RpcChannel(outgoing);
  const counts: Counts = { handled: 0, failed: 0, parked: 0, duplicates: 0, expired: 0 };
  const stopping = new AbortController();
  const works: { work: Startable; started: (starting: Promise<void>) => void }[] = [];
  let log = silentLogger;
  let wasBegun = false;
  let hasStarted = false;

  const broker: Broker = {
    options,
    outgoing,
    incoming,
    publisher,
    rpc,
    counts,
    delays: new Delays(publisher, options.quorum),
    stopping: stopping.signal,
    instanceId: newTraceId().slice(0, 12),
    get log() {
      return log;
    },
    run: (work) =>
      new Promise((resolve) => {
        works.push({ work, started: resolve });
        if (hasStarted) resolve(work.start(log));
      }),
  };

  async function start(context: PartContext = { log: silentLogger, signal: new AbortController().signal }) {
    log = context.log;
    if (options.optional) {
      // Whatever goes wrong is in the log, and ends with the stop.
      void connect(stopping.signal).catch(() => {});
      return;
    }
    const patience = options.waitForBroker ? [] : [AbortSignal.timeout(options.connectTimeoutMs)];
    await connect(AbortSignal.any([context.signal, ...patience]));
  }

  async function connect(signal: AbortSignal) {
    await outgoing.start(log, signal, options.optional);
    await incoming.start(log, signal, options.optional);
    await Promise.all([publisher.start(log), rpc.start(log)]);
    hasStarted = true;
    const starting = works.map(({ work, started }) => {
      const begun = work.start(log);
      started(begun);
      return begun;
    });
    await Promise.all(starting);
  }

  function isReachable() {
    return outgoing.isOpen && incoming.isOpen;
  }

  async function stop() {
    const { graceMs } = options;
    stopping.abort();
    await Promise.all(works.map(({ work }) => work.stop(graceMs)));
    await Promise.all([publisher.stop(graceMs), rpc.stop()]);
    await Promise.all([outgoing.stop(), incoming.stop()]);
  }

  return {
    name: "rabbitmq",
    async start(context) {
      if (wasBegun) throw startedBefore();
      wasBegun = true;
      try {
        await start(context);
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    health: () => ({
      ok: options.optional || (isReachable() && outgoing.blocked === undefined),
      ...(options.optional && { reachable: isReachable() }),
      ...(outgoing.blocked !== undefined && { blocked: outgoing.blocked }),
      unconfirmed: publisher.size,
      ...counts,
    }),
    queue: (name, queueOptions = {}) => createWorkQueue(broker, name, queueOptions),
    fanout: (name, exchangeOptions = {}) => createFanout(broker, name, exchangeOptions),
    direct: (name, exchangeOptions = {}) => createRouted(broker, "direct", name, exchangeOptions),
    topic: (name, exchangeOptions = {}) => createRouted(broker, "topic", name, exchangeOptions),
    rpc: (name, rpcOptions = {}) => createRpc(broker, name, rpcOptions),
    ...createEvents(broker),
  };
}

function startedBefore(): VastifyError {
  return new VastifyError("failed_precondition", "this rabbit() was started before: make one for each service", {
    reason: "started_before",
  });
}
