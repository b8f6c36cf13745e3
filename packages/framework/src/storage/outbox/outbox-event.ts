import type { Types } from "mongoose";

/** Something that happened to a document, as it is published. */
export interface OutboxEvent {
  /** The same however often it is published: what was seen already is known by it. */
  readonly id: string;
  /** Such as `user.created`. */
  readonly type: string;
  /** When it happened, in ISO 8601. */
  readonly at: string;
  /** The id of the document that it happened to. */
  readonly subject: string;
  /** Plain data. */
  readonly payload: unknown;
}

/** Where events go: a broker, a log, another service. */
export interface OutboxPublisher {
  /** Resolves once the event is safe there; what rejects is published again later. */
  publish(event: OutboxEvent): Promise<void>;
}

/** `over`: not tried, since the round has failed too often or the relay stops. */
export type Outcome = "safe" | "failed" | "over";

/** One round's way to publish. */
export type Publish = (event: OutboxEvent) => Promise<Outcome>;

/** An event as it waits in its document. */
export interface OutboxRecord {
  id: string;
  type: string;
  at: Date;
  payload: unknown;
}

/** The events of a document that was deleted, or is about to be. */
export interface DeletionRecord {
  /** Collection, document and version: who deletes one version twice means one deletion. */
  _id: string;
  collection: string;
  document: Types.ObjectId;
  version: number;
  at: Date;
  events: OutboxRecord[];
}

export const deletionsCollection = "vastify_deletions";

export function toEvent({ id, type, at, payload }: OutboxRecord, subject: Types.ObjectId): OutboxEvent {
  return { id, type, at: at.toISOString(), subject: subject.toHexString(), payload };
}
