import type { Connection, Model, Types } from "mongoose";
import { backoffMs, delay, type Logger, type Part, silentLogger, VastifyError } from "../../core/index.js";
import { withMongoLease } from "../mongo-lease.js";
import { relayDeletions } from "./deletions.js";
import { type OutboxPublisher, type OutboxRecord, type Publish, toEvent } from "./outbox-event.js";
import type { OutboxDocument } from "./outbox-plugin.js";

export interface OutboxRelayOptions {
  /** Whose events are published; all have `outboxPlugin`. */
  // biome-ignore lint/suspicious/noExplicitAny: models of any documents
  models: readonly Model<any>[];
  publisher: OutboxPublisher;
  /** Relays of one name take turns: one instance publishes, the others stand by. @default "vastify_outbox" */
  name?: string;
  /** How often is looked for new events when there were none, in milliseconds. @default 250 */
  pollMs?: number;
  /** How long the others wait for an instance that died, in milliseconds. @default 5_000 */
  leaseMs?: number;
  /** How long publishing one event may take, in milliseconds. @default 10_000 */
  publishTimeoutMs?: number;
  /** How long a deletion that was begun may take, in milliseconds; a slower one fails. @default 60_000 */
  deletionMs?: number;
}

const batchSize = 100;
// So many failures in one round are the publisher's fault, not an event's.
const maxFailures = 5;
// So long the others go first after a failure.
const restMs = 2_000;

/**
 * Publishes what documents announced: at least once, and in order for each document, by one instance at a time. An
 * event that can't be published holds up only those of its own document.
 * @param connection of a `mongo` part that stands before this one
 */
export function outboxRelay(connection: Connection, options: OutboxRelayOptions): Part {
  const { models, publisher, name = "vastify_outbox", pollMs = 250, leaseMs = 5_000 } = options;
  const { publishTimeoutMs = 10_000, deletionMs = 60_000 } = options;
  const ended = new AbortController();
  let relaying: Promise<void> = Promise.resolve();
  let log: Logger = silentLogger;
  let isFailing = false;
  const resting: Resting = new Map();

  function fail(err: unknown): void {
    if (!isFailing) log.warn("events can't be published: they are kept, and tried again", { err });
    isFailing = true;
  }

  function succeed(): void {
    if (isFailing) log.info("events are published again");
    isFailing = false;
  }

  /** Gives how many events were published, and how many could not be. */
  async function relayOnce(signal: AbortSignal): Promise<{ published: number; failures: number }> {
    let published = 0;
    let failures = 0;
    const publish: Publish = async (event) => {
      if (signal.aborted || failures >= maxFailures) return "over";
      try {
        await within(publishTimeoutMs, publisher.publish(event));
        published++;
        return "safe";
      } catch (err) {
        failures++;
        fail(err);
        return "failed";
      }
    };
    for (const model of models) await relayDocuments(model, publish, resting);
    await relayDeletions(connection, models, publish, deletionMs);
    return { published, failures };
  }

  async function relayWhileLeased(signal: AbortSignal): Promise<void> {
    for (let failedRounds = 0; !signal.aborted; ) {
      const { published, failures } = await relayOnce(signal);
      failedRounds = failures > 0 && published === 0 ? failedRounds + 1 : 0;
      if (failures === 0 && resting.size === 0) succeed();
      if (failures > 0) await delay(pollMs + backoffMs(failedRounds, { baseMs: pollMs, maxMs: 5_000 }), signal);
      else if (published === 0) await delay(pollMs, signal);
    }
  }

  /** Goes on through everything that fails, since events must not be forgotten: the database may be away for a while. */
  async function relayForEver(): Promise<void> {
    const { signal } = ended;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await withMongoLease({ connection, name, leaseMs, signal }, relayWhileLeased);
        attempt = 0;
      } catch (err) {
        if (signal.aborted) return;
        fail(err);
        await delay(backoffMs(attempt, { baseMs: pollMs, maxMs: 5_000 }), signal);
      }
    }
  }

  return {
    name: "outbox",
    async start(context) {
      log = context.log;
      relaying = relayForEver();
    },
    async stop() {
      ended.abort();
      await relaying;
    },
    health: () => ({ ok: true, publishing: !isFailing }),
  };
}

/** Documents whose event could not be published, and until when others go first. */
type Resting = Map<string, { readonly id: Types.ObjectId; readonly until: number }>;

async function relayDocuments(model: Model<OutboxDocument>, publish: Publish, resting: Resting): Promise<void> {
  for (const [key, { until }] of resting) if (until < performance.now()) resting.delete(key);
  const waiting = model.collection
    .find<{ _id: Types.ObjectId; outbox: OutboxRecord[] }>({
      ...{ "outbox.0": { $exists: true }, _id: { $nin: [...resting.values()].map(({ id }) => id) } },
    })
    .project({ outbox: 1 })
    .sort({ "outbox.at": 1 })
    .limit(batchSize);
  for (const { _id, outbox } of await waiting.toArray()) {
    const done: string[] = [];
    for (const record of outbox) {
      const outcome = await publish(toEvent(record, _id));
      if (outcome === "failed") resting.set(_id.toHexString(), { id: _id, until: performance.now() + restMs });
      if (outcome !== "safe") break;
      done.push(record.id);
    }
    // Past mongoose: the version of the document stays, so that nobody's edit fails for it.
    if (done.length > 0)
      await model.collection.updateOne({ _id }, { $pull: { outbox: { id: { $in: done } } } } as object);
  }
}

async function within(timeoutMs: number, publishing: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const late = delay(timeoutMs, timer.signal).then(() => {
    if (timer.signal.aborted) return;
    throw new VastifyError("deadline_exceeded", `the publisher took longer than ${timeoutMs} ms`, {
      reason: "deadline_exceeded",
    });
  });
  try {
    await Promise.race([publishing, late]);
  } finally {
    timer.abort();
  }
}
