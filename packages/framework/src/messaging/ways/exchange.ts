import type { Broker } from "../broker.js";
import { createParking, declareParking, type Parking, quorumArguments } from "../failures/parking.js";
import { type Declare, declareAll } from "../link/declare.js";
import { compose, expectShortText, type PublishOptions } from "../message/compose.js";
import type { Handler } from "../message/delivery.js";
import type { HeaderValue } from "../message/headers.js";
import { checkPayload, type StandardSchema } from "../message/standard-schema.js";
import { expectBrokerName } from "../rabbit-options.js";
import { type ConsumeOptions, type Subscription, subscribe } from "./consume.js";

export interface ExchangeOptions<T> {
  /** Checks payloads when they are published and before they are handled. @default anything goes */
  schema?: StandardSchema<T>;
}

export interface ExchangePublishOptions extends PublishOptions {
  /** Fail with `unroutable` when nobody subscribes to it. @default false */
  mandatory?: boolean;
}

export interface SubscribeOptions extends ConsumeOptions {
  /**
   * Those of one group share the messages, and they are kept while nobody of it is there. Without one, this process
   * gets each of them, and misses those of longer absences than a minute. @default none
   */
  group?: string;
  /** Keep the group's queue on several nodes. @default the broker's `quorum` */
  quorum?: boolean;
}

/** Messages for everybody who subscribes. */
export interface Fanout<T> {
  readonly name: string;
  /** Resolves with the message's id once the broker has it. @throws VastifyError as `WorkQueue.send` */
  publish(payload: T, options?: ExchangePublishOptions): Promise<string>;
  subscribe(handler: Handler<T>, options?: SubscribeOptions): Subscription;
  /** What failed for good in a group. */
  parked(group: string): Parking;
}

/** Messages for those who subscribe to their routing key; in a topic with `*` for one word and `#` for any number. */
export interface Routed<T> {
  readonly name: string;
  /** Resolves with the message's id once the broker has it. @throws VastifyError as `WorkQueue.send` */
  publish(routingKey: string, payload: T, options?: ExchangePublishOptions): Promise<string>;
  subscribe(keys: string | readonly string[], handler: Handler<T>, options?: SubscribeOptions): Subscription;
  /** What failed for good in a group. */
  parked(group: string): Parking;
}

export type ExchangeKind = "fanout" | "direct" | "topic";

/** An exchange whose messages may have schemas of their own. */
export interface Exchange {
  publish<T>(
    routingKey: string,
    payload: T,
    options: ExchangePublishOptions,
    schema: StandardSchema<T> | undefined,
    headers?: Record<string, HeaderValue>,
  ): Promise<string>;
  /** @param queue of a group; without one it is this process's own */
  subscribe<T>(
    keys: readonly string[],
    handler: Handler<T>,
    options: SubscribeOptions & { queue?: string },
    schema: StandardSchema<T> | undefined,
  ): Subscription;
  parked(queue: string): Parking;
}

/** A process that was away for less misses nothing. */
const ownQueueExpiresMs = 60_000;

export function createExchange(broker: Broker, kind: ExchangeKind, name: string): Exchange {
  expectBrokerName("the name of an exchange", name);
  const { publishTimeoutMs, maxPayloadBytes } = broker.options;
  const declareExchange: Declare = async (channel) => {
    await channel.assertExchange(name, kind, { durable: true });
  };
  const declared = broker.publisher.declare(`the ${kind} exchange ${name}`, declareExchange);
  const quorumGroups = new Map<string, boolean>();
  let subscriptions = 0;

  return {
    async publish(routingKey, payload, options, schema, headers) {
      const { mandatory = false, timeoutMs = publishTimeoutMs } = options;
      expectShortText(`${name}: the routing key`, routingKey, true);
      const checked = schema ? await checkPayload(schema, payload, `${name} (${routingKey})`) : payload;
      const { content, properties } = compose(checked, options, maxPayloadBytes, headers);
      properties.mandatory = mandatory;
      if (!declared.isReady) await declared.whenReady(timeoutMs);
      await broker.publisher.publish({ exchange: name, routingKey, content, properties }, timeoutMs);
      return properties.messageId;
    },
    subscribe(keys, handler, { queue: groupQueue, quorum = broker.options.quorum, ...options }, schema) {
      const isOwn = groupQueue === undefined;
      if (!isOwn) quorumGroups.set(groupQueue, quorum);
      const queue = groupQueue ?? `${name}.${broker.instanceId}.${subscriptions++}`;
      const kindOfQueue = isOwn ? { "x-expires": ownQueueExpiresMs } : quorum ? quorumArguments(queue) : {};
      const declareQueue: Declare = async (channel) => {
        await channel.assertQueue(queue, { durable: true, arguments: kindOfQueue });
        for (const key of keys) await channel.bindQueue(queue, name, key);
      };
      const steps = isOwn ? [] : [declareParking(queue, quorum)];
      const declare = declareAll([declareExchange, ...steps, declareQueue]);
      const park = isOwn ? undefined : createParking(broker, queue, quorum, () => queue).park;
      return subscribe(broker, queue, [{ queue, declare, schema, isSerial: false, park }], handler, options);
    },
    parked: (queue) => createParking(broker, queue, quorumGroups.get(queue) ?? broker.options.quorum, () => queue),
  };
}

export function createFanout<T>(broker: Broker, name: string, { schema }: ExchangeOptions<T>): Fanout<T> {
  const exchange = createExchange(broker, "fanout", name);
  const queueOf = (group: string) => groupQueue(name, group);
  return {
    name,
    publish: (payload, options = {}) => exchange.publish("", payload, options, schema),
    subscribe: (handler, options = {}) => exchange.subscribe([""], handler, withQueue(options, queueOf), schema),
    parked: (group) => exchange.parked(queueOf(group)),
  };
}

export function createRouted<T>(
  broker: Broker,
  kind: "direct" | "topic",
  name: string,
  { schema }: ExchangeOptions<T>,
): Routed<T> {
  const exchange = createExchange(broker, kind, name);
  const queueOf = (group: string) => groupQueue(name, group);
  return {
    name,
    publish: (routingKey, payload, options = {}) => exchange.publish(routingKey, payload, options, schema),
    subscribe: (keys, handler, options = {}) =>
      exchange.subscribe([keys].flat() as string[], handler, withQueue(options, queueOf), schema),
    parked: (group) => exchange.parked(queueOf(group)),
  };
}

function groupQueue(name: string, group: string): string {
  return expectBrokerName("the name of a group's queue", `${name}.${group}`);
}

function withQueue(
  options: SubscribeOptions,
  queueOf: (group: string) => string,
): SubscribeOptions & { queue?: string } {
  return options.group === undefined ? options : { ...options, queue: queueOf(options.group) };
}
