import type { Model, Types } from "mongoose";
import { type OutboxRecord, type Publish, toEvent } from "./outbox-event.js";
import type { OutboxDocument } from "./outbox-plugin.js";

const batchSize = 100;
// So long the others go first after a failure.
const restMs = 2_000;

/** Documents whose event could not be published, and until when others go first. */
export type Resting = Map<string, { readonly id: Types.ObjectId; readonly until: number }>;

interface Waiting {
  readonly _id: Types.ObjectId;
  readonly outbox: readonly OutboxRecord[];
}

/** Documents of one batch go side by side; the events of one go one after the other. */
export async function relayDocuments(model: Model<OutboxDocument>, publish: Publish, resting: Resting): Promise<void> {
  for (const [key, { until }] of resting) if (until < performance.now()) resting.delete(key);
  const waiting = model.collection
    .find({
      ...{ "outbox.0": { $exists: true }, _id: { $nin: [...resting.values()].map(({ id }) => id) } },
    })
    .project<Waiting>({ outbox: 1 })
    .sort({ "outbox.at": 1 })
    .limit(batchSize);
  const published = await Promise.all((await waiting.toArray()).map(publishDocument));
  const done = published.filter(({ ids }) => ids.length > 0);
  if (done.length === 0) return;
  // Past mongoose: the version of the document stays, so that nobody's edit fails for it.
  await model.collection.bulkWrite(
    done.map(({ _id, ids }) => ({
      updateOne: { filter: { _id }, update: { $pull: { outbox: { id: { $in: ids } } } } as object },
    })),
    { ordered: false },
  );

  /** In order; gives the ids of the events that are safe. */
  async function publishDocument({ _id, outbox }: Waiting): Promise<{ _id: Types.ObjectId; ids: string[] }> {
    const ids: string[] = [];
    for (const record of outbox) {
      const outcome = await publish(toEvent(record, _id));
      if (outcome === "failed") resting.set(_id.toHexString(), { id: _id, until: performance.now() + restMs });
      if (outcome !== "safe") break;
      ids.push(record.id);
    }
    return { _id, ids };
  }
}
