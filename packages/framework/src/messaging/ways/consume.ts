import { badOption, type SeenMessages } from "../../core/index.js";
import type { Broker } from "../broker.js";
import { createHandling } from "../failures/handling.js";
import { type ResolvedRetry, type RetryOptions, resolveRetry } from "../failures/retry.js";
import { Consumer } from "../link/consumer.js";
import type { Declare } from "../link/declare.js";
import type { Handler, Received } from "../message/delivery.js";
import type { Headers } from "../message/headers.js";
import type { StandardSchema } from "../message/standard-schema.js";
import { expectAbove0 } from "../rabbit-options.js";

export interface ConsumeOptions {
  /** How many messages this process takes at once. @default 20 */
  prefetch?: number;
  /** How long a handler may take, in milliseconds. @default 300_000 */
  timeoutMs?: number;
  /** What happens when a handler fails; `false`: it is parked at once. @default repeated after 1 s, 5 s, 30 s, 2 min */
  retry?: RetryOptions | false;
  /** Recognises duplicates, so that a message is handled once. @default every delivery is handled */
  once?: SeenMessages;
}

/** Something that consumes, until it is stopped. */
export interface Subscription {
  /** Resolves once it consumes. @throws VastifyError `failed_precondition`, reason `topology_refused` */
  readonly ready: Promise<void>;
  /** Takes no more messages, and waits for those at work. Safe to call twice. */
  stop(): Promise<void>;
}

export interface ConsumerPlan<T> {
  readonly queue: string;
  readonly declare: Declare;
  readonly schema: StandardSchema<T> | undefined;
  readonly isSerial: boolean;
  readonly park: ((message: Received, headers: Headers) => Promise<void>) | undefined;
}

interface Resolved {
  readonly prefetch: number;
  readonly timeoutMs: number;
  readonly retry: ResolvedRetry;
  readonly seen: SeenMessages | undefined;
}

/** Consumes several queues with one handler, as one subscription. */
export function subscribe<T>(
  broker: Broker,
  name: string,
  plans: readonly ConsumerPlan<T>[],
  handler: Handler<T>,
  options: ConsumeOptions,
): Subscription {
  if (typeof handler !== "function") throw badOption(`the handler of ${name}`, handler, "a function");
  const { prefetch, timeoutMs, retry, seen } = resolve(name, options);
  const started = plans.map(({ queue, declare, schema, isSerial, park }) => {
    const handle = createHandling(broker, { queue, schema, retry, timeoutMs, seen, isSerial, park }, handler);
    const consumer = new Consumer(broker.incoming, { queue, declare, prefetch, isSerial, handle });
    return { consumer, ready: broker.run(consumer) };
  });
  const ready = Promise.all(started.map((each) => each.ready)).then(() => {});
  // Whoever wants to know asks for `ready`; the log tells it anyway.
  ready.catch(() => {});
  return {
    ready,
    async stop() {
      await Promise.all(started.map(({ consumer }) => consumer.stop(broker.options.graceMs)));
    },
  };
}

function resolve(name: string, options: ConsumeOptions): Resolved {
  return {
    prefetch: expectAbove0(`${name}.prefetch`, options.prefetch ?? 20),
    timeoutMs: expectAbove0(`${name}.timeoutMs`, options.timeoutMs ?? 300_000),
    retry: resolveRetry(`${name}.retry`, options.retry),
    seen: options.once,
  };
}
