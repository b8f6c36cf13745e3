import type { Connection, Model } from "mongoose";
import { backoffMs, delay, type Logger, type Part, silentLogger, VastifyError } from "../../core/index.js";
import { withMongoLease } from "../mongo-lease.js";
import { relayDeletions } from "./deletions.js";
import { type Resting, relayDocuments } from "./documents.js";
import type { OutboxPublisher, Publish } from "./outbox-event.js";

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

// So many failures in one round are the publisher's fault, not an event's.
const maxFailures = 5;
// Of so many published events is known that they were: a deletion brings along what its document had still to tell.
const mostKnown = 10_000;
// So long the stop waits for what is being published.
const lastMs = 1_000;

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
  const publishing = new Set<AbortController>();
  const known = new Set<string>();

  function fail(err: unknown): void {
    if (!isFailing) log.warn("events can't be published: they are kept, and tried again", { err });
    isFailing = true;
  }

  function succeed(): void {
    if (isFailing) log.info("events are published again");
    isFailing = false;
  }

  function know(id: string): void {
    known.add(id);
    if (known.size > mostKnown) for (const oldest of known) return void known.delete(oldest);
  }

  /** Gives how many events were published, and how many could not be. */
  async function relayOnce(signal: AbortSignal): Promise<{ published: number; failures: number }> {
    let published = 0;
    let failures = 0;
    const publish: Publish = async (event) => {
      if (known.has(event.id)) return "safe";
      if (signal.aborted || failures >= maxFailures) return "over";
      try {
        await inTime(publisher.publish(event));
        published++;
        know(event.id);
        return "safe";
      } catch (err) {
        if (signal.aborted) return "over";
        failures++;
        fail(err);
        return "failed";
      }
    };
    for (const model of models) await relayDocuments(model, publish, resting);
    await relayDeletions(connection, models, publish, deletionMs);
    return { published, failures };
  }

  /** @throws VastifyError `deadline_exceeded`, sooner when the relay stops */
  async function inTime(published: Promise<void>): Promise<void> {
    const timer = new AbortController();
    let isPublished = false;
    const late = delay(publishTimeoutMs, timer.signal).then(() => {
      if (isPublished) return;
      const message = `the publisher took longer than ${publishTimeoutMs} ms`;
      throw new VastifyError("deadline_exceeded", message, { reason: "deadline_exceeded" });
    });
    publishing.add(timer);
    try {
      await Promise.race([published, late]);
    } finally {
      isPublished = true;
      publishing.delete(timer);
      timer.abort();
    }
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
      await Promise.race([relaying, delay(lastMs)]);
      for (const timer of publishing) timer.abort();
      await relaying;
    },
    health: () => ({ ok: true, publishing: !isFailing }),
  };
}
