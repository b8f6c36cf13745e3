import type { Connection } from "mongoose";
import { badOption, type Logger, type Part } from "../core/index.js";
import { withMongoLease } from "./mongo-lease.js";

/** A change to the data that every database needs once. */
export interface Migration {
  /** Unique and final: it is remembered by it. They run in the order of the list. */
  readonly name: string;
  /**
   * Does it. A process that dies in the midst leaves it to the next, so what is done already must do no harm when it
   * is done again. Look at the signal in long ones: it aborts when another process may have taken over.
   */
  run(connection: Connection, context: { readonly log: Logger; readonly signal: AbortSignal }): Promise<unknown>;
}

export interface MigrationsOptions {
  /** A service's own when several share a database. @default "vastify_migrations" */
  collection?: string;
  /** How long others wait for a process that died in the midst, in milliseconds. @default 10_000 */
  leaseMs?: number;
}

interface MigrationRecord {
  _id: string;
  at: Date;
  tookMs: number;
}

/**
 * Brings a database up to date before the service starts: each migration once, by one instance, while the others wait.
 * @param connection of a `mongo` part that stands before this one
 * @throws VastifyError `invalid_argument`, reason `bad_option`, when two migrations have one name
 */
export function migrations(
  connection: Connection,
  list: readonly Migration[],
  { collection = "vastify_migrations", leaseMs = 10_000 }: MigrationsOptions = {},
): Part {
  const names = list.map(({ name }) => name);
  for (const { name, run } of list) {
    if (typeof name !== "string" || name === "")
      throw badOption("a migration's name", name, "a text that is not empty");
    if (typeof run !== "function") throw badOption(`the run of the migration ${name}`, run, "a function");
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw badOption("a migration's name", twice, "a name that no other has");

  async function pending(): Promise<readonly Migration[]> {
    const records = connection.collection<MigrationRecord>(collection);
    const done = new Set((await records.find({ _id: { $in: names } }).toArray()).map(({ _id }) => _id));
    return list.filter(({ name }) => !done.has(name));
  }

  async function runPending(log: Logger, signal: AbortSignal): Promise<void> {
    const records = connection.collection<MigrationRecord>(collection);
    for (const migration of await pending()) {
      signal.throwIfAborted();
      const startedAt = performance.now();
      await migration.run(connection, { log, signal });
      signal.throwIfAborted();
      const tookMs = Math.round(performance.now() - startedAt);
      await records.insertOne({ _id: migration.name, at: new Date(), tookMs });
      log.info(`migrated the database: ${migration.name}`, { tookMs });
    }
  }

  return {
    name: "migrations",
    async start({ log, signal }) {
      if ((await pending()).length === 0) return;
      const lease = { connection, name: collection, leaseMs, signal };
      await withMongoLease(lease, (leased) => runPending(log, leased));
    },
    async stop() {},
  };
}
