import { randomUUID } from "node:crypto";
import type { Connection } from "mongoose";
import { backoffMs, delay, VastifyError } from "../core/index.js";

export interface MongoLeaseOptions {
  connection: Connection;
  /** What is leased: one process at a time holds it. */
  name: string;
  /** For how long a holder that gives no sign of life keeps others out, in milliseconds. */
  leaseMs: number;
}

/** A lease as the database holds it. Its times are the database's own, so clocks of processes don't matter. */
interface LeaseRecord {
  _id: string;
  holder: string;
  until: Date;
}

/** Leave to do something alone, until `leaseMs` after the last sign of life. */
export interface MongoLease {
  /** Takes the lease when it is free, or keeps it when it is ours. Whether it is ours now. */
  take(): Promise<boolean>;
  /** Gives it back when it is ours. */
  release(): Promise<void>;
}

export function createMongoLease({ connection, name, leaseMs }: MongoLeaseOptions): MongoLease {
  const leases = connection.collection<LeaseRecord>("vastify_leases");
  const me = randomUUID();
  const isOurs = { $eq: ["$holder", me] };
  const isFree = { $lte: [{ $ifNull: ["$until", new Date(0)] }, "$$NOW"] };
  const unlessHeld = (ours: unknown, theirs: string) => ({ $cond: [{ $or: [isOurs, isFree] }, ours, theirs] });
  // One stage: all expressions see the record as it was.
  const taking = {
    $set: {
      holder: unlessHeld(me, "$holder"),
      until: unlessHeld({ $add: ["$$NOW", leaseMs] }, "$until"),
    },
  };

  return {
    async take() {
      try {
        const options = { upsert: true, returnDocument: "after" } as const;
        return (await leases.findOneAndUpdate({ _id: name }, [taking], options))?.holder === me;
      } catch (error) {
        // Two that made the record at the same moment: the other was first.
        if ((error as { code?: unknown }).code === 11_000) return false;
        throw error;
      }
    },
    async release() {
      await leases.updateOne({ _id: name, holder: me }, { $set: { holder: "", until: new Date(0) } });
    },
  };
}

export interface LeasedWorkOptions extends MongoLeaseOptions {
  /** Gives up, also waiting for the lease, when it aborts. */
  signal: AbortSignal;
}

/**
 * Does work that only one process may do at a time; waits for its turn.
 * @param work is told by its signal when the lease is lost, or the work given up
 * @throws VastifyError `canceled` when it is given up while waiting; what `work` throws
 */
export async function withMongoLease<Value>(
  { signal, ...options }: LeasedWorkOptions,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const lease = createMongoLease(options);
  for (let attempt = 0; !(await lease.take()); attempt++) {
    await delay(50 + backoffMs(attempt, { baseMs: 100, maxMs: options.leaseMs / 2 }), signal);
    if (signal.aborted) {
      throw new VastifyError("canceled", `${options.name} was given up while another process was at it`, {
        cause: signal.reason,
      });
    }
  }
  const ended = new AbortController();
  const lost = new AbortController();
  const keeping = keepLease(lease, options.leaseMs, ended.signal, lost);
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    ended.abort();
    await keeping;
    await lease.release().catch(() => {});
  }
}

/** A database that does not answer is asked again until the lease must have lapsed. */
async function keepLease(lease: MongoLease, leaseMs: number, ended: AbortSignal, lost: AbortController): Promise<void> {
  let heldUntil = performance.now() + leaseMs;
  for (;;) {
    await delay(leaseMs / 3, ended);
    if (ended.aborted) return;
    const askedAt = performance.now();
    const isHeld = await Promise.race([
      lease.take().catch(() => undefined),
      delay(Math.max(0, heldUntil - askedAt), ended),
    ]);
    if (isHeld) heldUntil = askedAt + leaseMs;
    else if (isHeld === false || performance.now() >= heldUntil) {
      lost.abort(new VastifyError("unavailable", "the lease was lost", { reason: "lease_lost" }));
      return;
    }
  }
}
