import { randomUUID } from "node:crypto";
import type { Connection } from "mongoose";
import { onTestFinished } from "vitest";
import { type MongoOptions, type MongoPart, mongo } from "../../src/storage/index.js";
import { silentLogger } from "./framework.js";

/** The real MongoDB of this run. */
export const mongoUri = process.env.TEST_MONGODB_URI ?? "";

export const unaborted = () => new AbortController().signal;

/** A started connection, as another process would have it when it is given the same name; stopped after the test. */
export async function startMongo(
  dbName = `vastify-test-${randomUUID().slice(0, 8)}`,
  options: Partial<MongoOptions> = {},
  log = silentLogger,
): Promise<MongoPart & { readonly dbName: string; readonly connection: Connection }> {
  const part = mongo({ uri: mongoUri, connection: { dbName }, ...options });
  onTestFinished(() => part.stop());
  await part.start({ log, signal: unaborted() });
  return { ...part, dbName };
}
