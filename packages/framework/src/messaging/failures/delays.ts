import type { Options } from "amqplib";
import type { Declare } from "../link/declare.js";
import type { Publisher } from "../link/publisher.js";
import { type Headers, headerNames } from "../message/headers.js";

/** A message that is to be in a queue later. */
export interface Later {
  readonly queue: string;
  /** When, in milliseconds since 1970. */
  readonly due: number;
  readonly content: Buffer;
  readonly properties: Options.Publish;
  readonly headers: Headers;
}

const shortestMs = 10;
// A queue's TTL has 32 bits.
const longestMs = 4_000_000_000;

/**
 * Keeps messages for a while without a plugin: queues that nobody consumes and that give what they hold back to its
 * own queue once it has been there for so long. All of a vhost share them, one for each length of one digit (10 ms,
 * 20 ms … 900 ms, 1 s, 2 s …), since in one queue with different times the longest would hold up all others. What is
 * due between two lengths takes the longest that fits, and from its own queue the next.
 */
export class Delays {
  private readonly publisher: Publisher;
  private readonly isQuorum: boolean;

  constructor(publisher: Publisher, isQuorum: boolean) {
    this.publisher = publisher;
    this.isQuorum = isQuorum;
  }

  /** Resolves once the broker has it. */
  async send({ queue, due, content, properties, headers }: Later, timeoutMs: number): Promise<void> {
    const ms = delayStepMs(due - Date.now());
    const { expiration: _, ...kept } = properties;
    const outgoing = {
      routingKey: queue,
      content,
      properties: { ...kept, headers: { ...headers, [headerNames.due]: due } },
    };
    if (ms === 0) return this.publisher.publish({ exchange: "", ...outgoing }, timeoutMs);
    const exchange = `vastify.delay.${this.isQuorum ? "quorum." : ""}${ms}`;
    const declared = this.publisher.declare(exchange, declareDelay(exchange, ms, this.isQuorum));
    if (!declared.isReady) await declared.whenReady(timeoutMs);
    await this.publisher.publish({ exchange, ...outgoing }, timeoutMs);
  }
}

/** The longest length that does not outlast what remains; 0 when no length is that short. */
export function delayStepMs(remainingMs: number): number {
  if (remainingMs < shortestMs) return 0;
  const ms = Math.min(remainingMs, longestMs);
  const unit = 10 ** Math.floor(Math.log10(ms));
  return Math.floor(ms / unit) * unit;
}

function declareDelay(name: string, ms: number, isQuorum: boolean): Declare {
  // A quorum queue can hand over for certain; a classic one does so within its node.
  const kind = isQuorum
    ? { "x-queue-type": "quorum", "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish" }
    : {};
  return async (channel) => {
    await channel.assertExchange(name, "fanout", { durable: true });
    const handOver = { "x-message-ttl": ms, "x-dead-letter-exchange": "" };
    await channel.assertQueue(name, { durable: true, arguments: { ...kind, ...handOver } });
    await channel.bindQueue(name, name, "");
  };
}
