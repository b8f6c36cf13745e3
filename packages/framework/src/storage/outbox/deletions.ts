import type { Connection, Model } from "mongoose";
import { type DeletionRecord, deletionsCollection, type OutboxEvent, type Publish, toEvent } from "./outbox-event.js";

/**
 * Publishes the events of documents that are gone. A deletion that was begun and not done is forgotten: at once when
 * the document has changed since, and after `deletionMs` when it has not, which is made to change so that a deletion
 * on its way still can't happen unannounced.
 */
export async function relayDeletions(
  connection: Connection,
  // biome-ignore lint/suspicious/noExplicitAny: models of any documents
  models: readonly Model<any>[],
  publish: Publish,
  deletionMs: number,
): Promise<void> {
  const deletions = connection.collection<DeletionRecord>(deletionsCollection);
  const names = models.map((model) => model.collection.name);
  const begun = await deletions
    .find({ collection: { $in: names } })
    .sort({ at: 1 })
    .limit(100)
    .toArray();
  for (const { _id, collection, document, version } of begun) {
    const documents = connection.collection(collection);
    const found = await documents.findOne({ _id: document }, { projection: { version: 1 } });
    if (found) {
      if (found.version === version && !(await preventDeletion(_id))) continue;
      await deletions.deleteOne({ _id });
      continue;
    }
    // Some may have been begun in vain before: the one that happened is that of the last version.
    const last = await deletions.findOne({ collection, document }, { sort: { version: -1 } });
    if (last && (await publishAll(last.events.map((event) => toEvent(event, document)))))
      await deletions.deleteMany({ collection, document, version: { $lte: last.version } });
  }

  async function publishAll(events: readonly OutboxEvent[]): Promise<boolean> {
    for (const event of events) if ((await publish(event)) !== "safe") return false;
    return true;
  }

  async function preventDeletion(id: string): Promise<boolean> {
    const isOld = { $lt: ["$at", { $subtract: ["$$NOW", deletionMs] }] };
    const old = await deletions.findOne({ _id: id, $expr: isOld });
    if (!old) return false;
    await connection
      .collection(old.collection)
      .updateOne({ _id: old.document, version: old.version }, { $inc: { version: 1 } });
    // It may have happened just before: the next round looks again.
    return (await connection.collection(old.collection).countDocuments({ _id: old.document })) > 0;
  }
}
