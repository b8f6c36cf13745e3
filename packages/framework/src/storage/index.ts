export { type DocumentPluginOptions, documentPlugin, type PluggedDocument } from "./document-plugin.js";
export { type EditInTurn, type EditsInTurnOptions, editsInTurn } from "./edits-in-turn.js";
export { type Migration, type MigrationsOptions, migrations } from "./migrations.js";
export { type MongoOptions, type MongoPart, mongo } from "./mongo.js";
export {
  type MongoFiles,
  type MongoFilesOptions,
  mongoFiles,
  type NewFile,
  type StoredFile,
} from "./mongo-files.js";
export type { AnnouncedEvent } from "./outbox/announced-event.js";
export type { OutboxEvent, OutboxPublisher, OutboxRecord } from "./outbox/outbox-event.js";
export { announce, deleteAnnounced, type OutboxDocument, outboxPlugin } from "./outbox/outbox-plugin.js";
export { type OutboxRelayOptions, outboxRelay } from "./outbox/outbox-relay.js";
export { type RetryConflictsOptions, retryConflicts } from "./retry-conflicts.js";
export { type MongoSeenOptions, mongoSeen } from "./seen/mongo-seen.js";
