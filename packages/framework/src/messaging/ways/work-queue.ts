import { badOption } from "../../core/index.js";
import type { Broker } from "../broker.js";
import { createParking, declareParking, type Parking, quorumArguments } from "../failures/parking.js";
import { type Declare, declareAll } from "../link/declare.js";
import { compose, type PublishOptions } from "../message/compose.js";
import type { Handler } from "../message/delivery.js";
import { type HeaderValue, headerNames, textHeader } from "../message/headers.js";
import { checkPayload, type StandardSchema } from "../message/standard-schema.js";
import { expectAbove0, expectBrokerName } from "../rabbit-options.js";
import { type ConsumeOptions, type ConsumerPlan, type Subscription, subscribe } from "./consume.js";

export interface WorkQueueOptions<T> {
  /** Checks payloads when they are sent and before they are handled. @default anything goes */
  schema?: StandardSchema<T>;
  /** How many priorities above 0 there are, at most 255; a few are enough. Not for quorum queues. @default 0 */
  priorities?: number;
  /**
   * Messages of one key are handled one after the other, in the order they were sent. As many keys as there are
   * `partitions` are worked on at once; one consumer has a partition at a time. @default no order
   */
  ordered?: true | { partitions: number };
  /** Keep it on several nodes. @default the broker's `quorum` */
  quorum?: boolean;
}

export interface SendOptions extends PublishOptions {
  /** Not before so many milliseconds from now. @default at once */
  delayMs?: number;
  /** Not before this time. @default at once */
  at?: Date;
  /** What orders it among others, in an ordered queue. */
  key?: string;
}

/** Jobs, each for one of those who consume. */
export interface WorkQueue<T> {
  readonly name: string;
  /**
   * Resolves with the message's id once the broker has it.
   * @throws VastifyError `invalid_argument` (`bad_payload`, `bad_option`), `resource_exhausted` (`payload_too_large`,
   *   `publish_backlog`), or `unavailable`
   */
  send(payload: T, options?: SendOptions): Promise<string>;
  consume(handler: Handler<T>, options?: ConsumeOptions): Subscription;
  /** How many wait. */
  count(): Promise<number>;
  /** Those that failed for good. */
  readonly parked: Parking;
}

const defaultPartitions = 8;
const mostKeyBytes = 4_096;

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function createWorkQueue<T>(broker: Broker, name: string, options: WorkQueueOptions<T>): WorkQueue<T> {
  expectBrokerName("the name of a queue", name);
  const { schema, priorities = 0, ordered, quorum = broker.options.quorum } = options;
  if (!(Number.isInteger(priorities) && priorities >= 0 && priorities <= 255))
    throw badOption(`${name}.priorities`, priorities, "a whole number from 0 to 255");
  if (quorum && priorities > 0) throw badOption(`${name}.priorities`, priorities, "0, since quorum queues have none");
  const { publishTimeoutMs, maxPayloadBytes } = broker.options;
  const queues = ordered ? partitionsOf(name, ordered) : [name];
  const originOf = (key: string | undefined) => queues[partitionOf(key ?? "", queues.length)] as string;
  const parking = createParking(broker, name, quorum, (headers) => originOf(textHeader(headers, headerNames.key)));
  const declareOne = (queue: string) =>
    declareQueue(queue, name, { priorities, isOrdered: ordered !== undefined, quorum });
  // The same name with other options is the broker's to refuse.
  const kind = JSON.stringify([priorities, queues.length, ordered !== undefined, quorum]);
  const declared = broker.publisher.declare(`the queue ${name} ${kind}`, declareAll(queues.map(declareOne)));

  return {
    name,
    parked: parking,
    async send(payload, sendOptions = {}) {
      const { delayMs, at, key, timeoutMs = publishTimeoutMs } = sendOptions;
      if (ordered && (typeof key !== "string" || key === ""))
        throw badOption(`${name}: the key of a message`, key, "a text that is not empty, since the queue is ordered");
      if (key !== undefined) expectKey(name, key);
      const due = dueOf(delayMs, at);
      const checked = schema ? await checkPayload(schema, payload, name) : payload;
      let headers: Record<string, HeaderValue> | undefined;
      if (key !== undefined) headers = { [headerNames.key]: key };
      if (due !== undefined) headers = { ...headers, [headerNames.due]: due };
      const { content, properties } = compose(checked, sendOptions, maxPayloadBytes, headers);
      properties.mandatory = true;
      const queue = ordered ? originOf(key) : name;
      if (!declared.isReady) await declared.whenReady(timeoutMs);
      if (due === undefined)
        await broker.publisher.publish({ exchange: "", routingKey: queue, content, properties }, timeoutMs);
      else await broker.delays.send({ queue, due, content, properties, headers: properties.headers }, timeoutMs);
      return properties.messageId;
    },
    consume(handler, consumeOptions = {}) {
      const plans = queues.map((queue): ConsumerPlan<T> => {
        const declare = declareAll([declareParking(name, quorum), declareOne(queue)]);
        return { queue, declare, schema, isSerial: ordered !== undefined, park: parking.park };
      });
      return subscribe(broker, name, plans, handler, consumeOptions);
    },
    async count() {
      return broker.outgoing.withChannel(async (channel) => {
        let count = 0;
        for (const queue of queues) count += (await channel.checkQueue(queue)).messageCount;
        return count;
      }, AbortSignal.timeout(publishTimeoutMs));
    },
  };
}

interface QueueKind {
  readonly priorities: number;
  readonly isOrdered: boolean;
  readonly quorum: boolean;
}

function declareQueue(queue: string, name: string, { priorities, isOrdered, quorum }: QueueKind): Declare {
  return async (channel) => {
    await channel.assertQueue(queue, {
      durable: true,
      arguments: {
        ...(quorum && quorumArguments(name)),
        ...(priorities > 0 && { "x-max-priority": priorities }),
        ...(isOrdered && { "x-single-active-consumer": true }),
      },
    });
  };
}

function partitionsOf(name: string, ordered: true | { partitions: number }): string[] {
  const partitions =
    ordered === true ? defaultPartitions : expectAbove0(`${name}.ordered.partitions`, ordered.partitions);
  return Array.from({ length: partitions }, (_, index) => `${name}.${index}`);
}

/** FNV-1a, the same in every process. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}

function expectKey(name: string, key: unknown): void {
  const bytes = typeof key === "string" ? Buffer.byteLength(key) : undefined;
  if (bytes !== undefined && bytes <= mostKeyBytes) return;
  const got = bytes === undefined ? key : `${bytes} bytes`;
  throw badOption(`${name}: the key of a message`, got, `a text of at most ${mostKeyBytes} bytes`);
}

function dueOf(delayMs: number | undefined, at: Date | undefined): number | undefined {
  if (at !== undefined) {
    if (at instanceof Date && !Number.isNaN(at.getTime())) return at.getTime();
    throw badOption("at", at, "a date");
  }
  if (delayMs === undefined) return undefined;
  if (typeof delayMs === "number" && delayMs >= 0 && Number.isFinite(delayMs)) return Date.now() + delayMs;
  throw badOption("delayMs", delayMs, "milliseconds from 0 up");
}
