import type { Channel, GetMessage } from "amqplib";
import type { Broker } from "../broker.js";
import { type Declare, declareOrExplain } from "../link/declare.js";
import { readPayload } from "../message/compose.js";
import type { Received } from "../message/delivery.js";
import { type Headers, headerNames, numberHeader, plainHeaders, textHeader } from "../message/headers.js";
import { propertiesToKeep } from "./handling.js";

/** A message that failed for good. */
export interface ParkedMessage {
  readonly id: string;
  /** What was sent; its bytes when they can't be read. */
  readonly payload: unknown;
  readonly routingKey: string;
  readonly headers: Headers;
  /** How many times it was handled in vain. */
  readonly failures: number;
  readonly parkedAt: Date | undefined;
  /** Why it failed last. */
  readonly error: { readonly code: string; readonly reason: string | undefined; readonly message: string };
}

export interface Chosen {
  /** Only those. @default all */
  ids?: readonly string[];
}

/** The messages of a queue that failed for good, for people to look at. */
export interface Parking {
  count(): Promise<number>;
  /** The oldest first. @param options.limit @default 100 */
  list(options?: { limit?: number }): Promise<readonly ParkedMessage[]>;
  /** Puts them back into their queue, as if they had never failed; gives their number. Safe to interrupt: then some may be there twice. */
  replay(options?: Chosen): Promise<number>;
  /** Deletes them; gives their number. */
  purge(options?: Chosen): Promise<number>;
}

export function parkingName(queue: string): string {
  return `${queue}.parked`;
}

// A quorum queue counts deliveries: one that kills its consumer each time is parked as well.
const deliveryLimit = 20;
// Each look at what is parked counts as a delivery, and RabbitMQ 4 would drop it after 20.
const noDeliveryLimit = 1_000_000_000;

/** The arguments of a quorum queue that has a parking queue. */
export function quorumArguments(queue: string) {
  return {
    "x-queue-type": "quorum",
    "x-delivery-limit": deliveryLimit,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": parkingName(queue),
  };
}

export function declareParking(queue: string, isQuorum: boolean): Declare {
  return async (channel) => {
    const kind = isQuorum ? { arguments: { "x-queue-type": "quorum", "x-delivery-limit": noDeliveryLimit } } : {};
    await channel.assertQueue(parkingName(queue), { durable: true, ...kind });
  };
}

/** @param originOf the queue that a parked message came from */
export function createParking(
  broker: Broker,
  queue: string,
  isQuorum: boolean,
  originOf: (headers: Headers) => string,
): Parking & { park(message: Received, headers: Headers): Promise<void> } {
  const name = parkingName(queue);
  const declare = declareParking(queue, isQuorum);
  const { publishTimeoutMs } = broker.options;

  return {
    async park({ raw, id }, headers) {
      const declared = broker.publisher.declare(name, declare);
      if (!declared.isReady) await declared.whenReady(publishTimeoutMs);
      const properties = { ...propertiesToKeep(raw.properties), messageId: id, headers };
      await broker.publisher.publish(
        { exchange: "", routingKey: name, content: raw.content, properties },
        publishTimeoutMs,
      );
    },
    count: () => onChannel(async (channel) => (await channel.checkQueue(name)).messageCount),
    list: ({ limit = 100 } = {}) =>
      onChannel(async (channel) => {
        const listed: ParkedMessage[] = [];
        for await (const message of messagesOf(channel, limit)) listed.push(asParked(message));
        return listed;
      }),
    replay: ({ ids } = {}) =>
      take(ids, async (message) => {
        const headers = withoutFailure(plainHeaders(message.properties.headers));
        const properties = { ...propertiesToKeep(message.properties), headers };
        const outgoing = { exchange: "", routingKey: originOf(headers), content: message.content, properties };
        await broker.publisher.publish(outgoing, publishTimeoutMs);
      }),
    purge: ({ ids } = {}) =>
      ids === undefined
        ? onChannel(async (channel) => (await channel.purgeQueue(name)).messageCount)
        : take(ids, async () => {}),
  };

  function take(ids: readonly string[] | undefined, action: (message: GetMessage) => Promise<void>): Promise<number> {
    return onChannel(async (channel) => {
      const { messageCount } = await channel.checkQueue(name);
      let taken = 0;
      for await (const message of messagesOf(channel, messageCount)) {
        if (ids && !ids.includes(String(message.properties.messageId))) continue;
        await action(message);
        channel.ack(message);
        taken++;
      }
      return taken;
    });
  }

  /** Whatever is not acknowledged goes back to its place when the channel closes. */
  function onChannel<R>(action: (channel: Channel) => Promise<R>): Promise<R> {
    return broker.outgoing.withChannel(async (channel) => {
      await declareOrExplain(channel, declare);
      return action(channel);
    }, AbortSignal.timeout(publishTimeoutMs));
  }

  async function* messagesOf(channel: Channel, most: number): AsyncGenerator<GetMessage> {
    for (let count = 0; count < most; count++) {
      const message = await channel.get(name);
      if (message === false) return;
      yield message;
    }
  }
}

function asParked(message: GetMessage): ParkedMessage {
  const headers = plainHeaders(message.properties.headers);
  const parkedAt = numberHeader(headers, headerNames.parkedAt);
  return {
    id: String(message.properties.messageId),
    payload: payloadOf(message),
    routingKey: textHeader(headers, headerNames.routingKey) ?? message.fields.routingKey,
    headers,
    failures: numberHeader(headers, headerNames.failures) ?? 0,
    parkedAt: parkedAt === undefined ? undefined : new Date(parkedAt),
    error: {
      code: textHeader(headers, headerNames.errorCode) ?? "internal",
      reason: textHeader(headers, headerNames.errorReason),
      message: textHeader(headers, headerNames.errorMessage) ?? "",
    },
  };
}

function payloadOf({ content, properties }: GetMessage): unknown {
  try {
    return readPayload(content, properties.contentType);
  } catch {
    return content;
  }
}

/** As it was before it first failed; a deadline of then would only make it vanish. */
function withoutFailure(headers: Headers): Headers {
  const { failures, errorCode, errorReason, errorMessage, parkedAt, due, beginBy, finishBy } = headerNames;
  const gone = new Set<string>([failures, errorCode, errorReason, errorMessage, parkedAt, due, beginBy, finishBy]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !gone.has(name)));
}
