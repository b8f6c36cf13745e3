import { randomUUID } from "node:crypto";

/** Whether the run has a MongoDB; without one the tests that need it are skipped. */
export const hasMongo = Boolean(process.env.TEST_MONGODB_URI);

/** The URI of a database that nobody else uses. */
export function newDatabaseUri(): string {
  const uri = new URL(process.env.TEST_MONGODB_URI ?? "");
  uri.pathname = `/vastify-test-${randomUUID().slice(0, 8)}`;
  return uri.href;
}
