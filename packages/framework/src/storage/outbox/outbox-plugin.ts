import { randomUUID } from "node:crypto";
import { type HydratedDocument, Schema } from "mongoose";
import { badOption, VastifyError } from "../../core/index.js";
import type { PluggedDocument } from "../document-plugin.js";
import { type AnnouncedEvent, announced } from "./announced-event.js";
import { type DeletionRecord, deletionsCollection, type OutboxRecord } from "./outbox-event.js";

/** What the plugin adds to a document. */
export interface OutboxDocument {
  /** Events that wait to be published; not part of its JSON. */
  outbox: OutboxRecord[];
}

type Announcing = HydratedDocument<OutboxDocument & PluggedDocument>;

const recordSchema = new Schema<OutboxRecord>(
  { id: String, type: { type: String }, at: Date, payload: Schema.Types.Mixed },
  { _id: false, id: false },
);

/**
 * Lets documents carry events until they are published, so that a change and its event are stored by one write: both
 * happen or neither, without transactions. An `outboxRelay` publishes them.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, when `documentPlugin` was not there before
 */
export function outboxPlugin(schema: Schema): void {
  const versionKey = schema.get("versionKey");
  if (versionKey !== "version")
    throw badOption("outboxPlugin's schema", versionKey, "one with documentPlugin before it");
  schema.add({ outbox: { type: [recordSchema], default: [] } });
  schema.index({ "outbox.at": 1 }, { partialFilterExpression: { "outbox.0": { $exists: true } } });
}

/**
 * Adds an event to what the next `save` of a document stores.
 * @param event one of a contract, or only its name
 * @param payload plain data, final now: later changes of the document are not in it
 * @throws VastifyError `invalid_argument`, reason `bad_payload`, when the event's schema refuses it
 */
export function announce<Payload>(
  document: HydratedDocument<OutboxDocument>,
  event: string | AnnouncedEvent<Payload>,
  payload: NoInfer<Payload>,
): void {
  if (!document.outbox) throw badOption("announce's document", "one that was read without its outbox", "a whole one");
  document.outbox.push({ id: randomUUID(), ...announced(event, payload), at: new Date() });
}

/**
 * Deletes a document and announces it: both or neither. What the document had still to tell is told first.
 * @throws VastifyError `failed_precondition`, reason `version_conflict`, when it was changed or deleted since it was
 *   read; as `announce`
 */
export async function deleteAnnounced<Payload>(
  document: Announcing,
  event: string | AnnouncedEvent<Payload>,
  payload: NoInfer<Payload>,
): Promise<void> {
  const { collection: documents, db } = document;
  const { _id, version, outbox } = document;
  const deletion = { id: `${_id.toHexString()}:deleted`, ...announced(event, payload), at: new Date() };
  const events = [...outbox.map(({ id, type, at, payload }) => ({ id, type, at, payload })), deletion];
  const record = { collection: documents.name, document: _id, version, events };
  // Told first, done second: the relay looks whether it was done, and publishes only then.
  await db
    .collection<DeletionRecord>(deletionsCollection)
    .updateOne(
      { _id: `${documents.name}:${_id.toHexString()}:${version}` },
      [{ $set: { ...literal(record), at: "$$NOW" } }],
      {
        upsert: true,
      },
    );
  const { deletedCount } = await documents.deleteOne({ _id, version });
  if (deletedCount === 1) return;
  const message = "it was changed or deleted by somebody else since it was read: read it again";
  throw new VastifyError("failed_precondition", message, { reason: "version_conflict" });
}

/** Data of an update pipeline, where a text that begins with a dollar would be a field's name. */
function literal(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, { $literal: value }]));
}
