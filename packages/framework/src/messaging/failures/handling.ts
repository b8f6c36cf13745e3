import type { ConsumeMessage } from "amqplib";
import { delay, type SeenMessages, VastifyError } from "../../core/index.js";
import type { Broker } from "../broker.js";
import { type Handler, Received } from "../message/delivery.js";
import { createHandlerRun } from "../message/handler-run.js";
import { type Headers, headerNames } from "../message/headers.js";
import type { StandardSchema } from "../message/standard-schema.js";
import type { ResolvedRetry } from "./retry.js";

export interface HandlingOptions<T> {
  /** The queue that the message comes from, and comes back to. */
  readonly queue: string;
  readonly schema: StandardSchema<T> | undefined;
  readonly retry: ResolvedRetry;
  readonly timeoutMs: number;
  readonly seen: SeenMessages | undefined;
  /** Repeat at once, on the spot: later messages wait, so the order holds. */
  readonly isSerial: boolean;
  /** Keeps what failed for good; without it such a message is dropped. */
  readonly park: ((message: Received, headers: Headers) => Promise<void>) | undefined;
}

// How long to leave a message alone that someone else is at.
const elsewhereMs = 1_000;

/**
 * What is done with one message: wait until it is due, recognise duplicates, check it, handle it, and on failure
 * repeat it later or park it. The promise resolves when the message may be acknowledged; it rejects only when neither
 * a repetition nor the parking queue could take it.
 */
export function createHandling<T>(
  broker: Broker,
  options: HandlingOptions<T>,
  handler: Handler<T>,
): (raw: ConsumeMessage) => Promise<void> {
  const { queue, schema, retry, timeoutMs, seen, isSerial, park } = options;
  const { counts, delays } = broker;
  const runHandler = createHandlerRun(queue, schema, handler);

  return async (raw) => {
    const message = new Received(raw, queue, timeoutMs);
    if (message.earlyMs > 0) {
      if (message.earlyMs >= 10) return later(message, Date.now() + message.earlyMs, message.headers);
      await delay(message.earlyMs);
    }
    if (message.isTooLate) return expired(message);
    if (seen && !(await isOurs(message, seen))) return;
    const failure = isSerial ? await attemptInPlace(message) : await attempt(message);
    await seen
      ?.settle(seenIdOf(message), failure === undefined)
      .catch((err: unknown) => broker.log.warn(`${queue} can't remember a message`, { err, tx: message.tx }));
    if (failure) await failed(message, failure.error, failure.failures);
    else counts.handled++;
  };

  /** Whether it is for us to handle it now: not if it was handled before, or is at this moment. */
  async function isOurs(message: Received, store: SeenMessages): Promise<boolean> {
    for (;;) {
      const claim = await store.claim(seenIdOf(message));
      if (claim === "first") return true;
      if (claim === "handled") {
        counts.duplicates++;
        return false;
      }
      if (!isSerial) {
        await later(message, Date.now() + elsewhereMs, message.headers);
        return false;
      }
      await delay(elsewhereMs, broker.stopping);
      if (broker.stopping.aborted) throw new VastifyError("unavailable", "stopping", { reason: "draining" });
    }
  }

  function seenIdOf(message: Received): string {
    return `${queue}:${message.id}`;
  }

  /** Gives the error, if there is one. */
  async function attempt(message: Received): Promise<Failure | undefined> {
    try {
      await runHandler(message);
      return undefined;
    } catch (thrown) {
      counts.failed++;
      return { error: VastifyError.from(thrown), failures: message.failures + 1 };
    }
  }

  async function attemptInPlace(message: Received): Promise<Failure | undefined> {
    for (let failures = 1; ; failures++) {
      const failure = await attempt(message);
      const waitMs = retry.delaysMs[failures - 1];
      if (!failure || waitMs === undefined || !retry.when(failure.error) || message.isTooLate)
        return failure && { error: failure.error, failures };
      broker.log.warn(
        `a message of ${queue} failed; those after it wait for its repetition`,
        factsOf(message, failure),
      );
      await delay(waitMs, broker.stopping);
      if (broker.stopping.aborted) throw failure.error;
    }
  }

  async function failed(message: Received, error: VastifyError, failures: number): Promise<void> {
    if (message.isTooLate) return expired(message);
    const waitMs = isSerial ? undefined : retry.delaysMs[failures - 1];
    const headers = { ...message.headers, [headerNames.failures]: failures, ...errorHeaders(error) };
    const facts = factsOf(message, { error, failures });
    if (waitMs !== undefined && retry.when(error)) {
      broker.log.warn(`a message of ${queue} failed; it is repeated in ${waitMs} ms`, facts);
      return later(message, Date.now() + waitMs, { ...headers, ...originOf(message) });
    }
    counts.parked++;
    broker.log.error(`a message of ${queue} failed for good; it is ${park ? "parked" : "dropped"}`, facts);
    await park?.(message, { ...headers, ...originOf(message), [headerNames.parkedAt]: Date.now() });
  }

  function later(message: Received, due: number, headers: Headers): Promise<void> {
    const { content, properties } = message.raw;
    const kept = { ...propertiesToKeep(properties), messageId: message.id };
    return delays.send({ queue, due, content, properties: kept, headers }, broker.options.publishTimeoutMs);
  }

  function expired(message: Received): void {
    counts.expired++;
    broker.log.warn(`a message of ${queue} came too late and is dropped`, { id: message.id, tx: message.tx });
  }
}

interface Failure {
  readonly error: VastifyError;
  readonly failures: number;
}

function factsOf(message: Received, { error, failures }: Failure) {
  return { err: error, id: message.id, failures, tx: message.tx };
}

/** What of a message's properties goes with it another way. */
export function propertiesToKeep(properties: ConsumeMessage["properties"]) {
  const { contentType, messageId, priority, timestamp } = properties;
  return {
    persistent: true,
    mandatory: true,
    contentType,
    messageId,
    ...(priority !== undefined && { priority }),
    ...(timestamp !== undefined && { timestamp }),
  };
}

/** The way it came first: from its delay it comes with the queue's name as its routing key. */
function originOf(message: Received): Headers {
  return { [headerNames.routingKey]: message.routingKey };
}

function errorHeaders(error: VastifyError): Headers {
  return {
    [headerNames.errorCode]: error.code,
    [headerNames.errorMessage]: error.message.slice(0, 500),
    ...(error.reason !== undefined && { [headerNames.errorReason]: error.reason }),
  };
}
