import type { Connection } from "mongoose";
import type { SeenMessages } from "../../core/index.js";
import { createSeen, type SeenStore } from "./seen.js";
import { resolveSeenOptions, type SeenOptions } from "./seen-options.js";

export interface MongoSeenOptions extends SeenOptions {
  /** @default "vastify_seen" */
  collection?: string;
}

/** Times are the database's own, so clocks of processes don't matter. */
interface SeenRecord {
  _id: string;
  isHandled: boolean;
  token: string;
  heldUntil: Date;
  forgetAt: Date;
}

/**
 * Remembers in MongoDB which messages were handled, for all instances: `consume(handler, { once: mongoSeen(connection) })`.
 * While MongoDB is away nothing is handled: messages go back to their queue.
 * @param connection of a `mongo` part that stands before the broker
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function mongoSeen(connection: Connection, options: MongoSeenOptions = {}): SeenMessages {
  const { keepMs, leaseMs } = resolveSeenOptions("mongoSeen", options);
  const records = connection.collection<SeenRecord>(options.collection ?? "vastify_seen");
  const later = (ms: number) => ({ $add: ["$$NOW", ms] });
  let indexed: Promise<unknown> | undefined;

  const store: SeenStore = {
    async claim(id, token) {
      indexed ??= records.createIndex({ forgetAt: 1 }, { expireAfterSeconds: 0 });
      await indexed.catch(() => {
        indexed = undefined;
      });
      const isOver = { $lte: [{ $ifNull: ["$heldUntil", new Date(0)] }, "$$NOW"] };
      const isFree = { $and: [{ $ne: ["$isHandled", true] }, isOver] };
      const ifFree = (ours: unknown, theirs: string) => ({ $cond: [isFree, ours, theirs] });
      const taking = {
        isHandled: { $ifNull: ["$isHandled", false] },
        token: ifFree(token, "$token"),
        heldUntil: ifFree(later(leaseMs), "$heldUntil"),
        forgetAt: ifFree(later(keepMs), "$forgetAt"),
      };
      try {
        const how = { upsert: true, returnDocument: "after" } as const;
        const record = await records.findOneAndUpdate({ _id: id }, [{ $set: taking }], how);
        if (record?.token === token) return "first";
        return record?.isHandled ? "handled" : "elsewhere";
      } catch (error) {
        // Two that made the record at the same moment: the other was first.
        if ((error as { code?: unknown }).code === 11_000) return "elsewhere";
        throw error;
      }
    },
    renew: (id, token) =>
      records.updateOne({ _id: id, token, isHandled: false }, [{ $set: { heldUntil: later(leaseMs) } }]),
    settle: (id, token, isHandled) =>
      isHandled
        ? records.updateOne({ _id: id }, [{ $set: { isHandled: true, forgetAt: later(keepMs) } }])
        : records.deleteOne({ _id: id, token, isHandled: false }),
  };
  return createSeen(store, leaseMs);
}
