import { Error as MongooseError, type Query, type Schema } from "mongoose";
import { VastifyError } from "../core/index.js";

export interface DocumentPluginOptions {
  /** Fields that never leave in JSON, such as `passwordHash`, or `cards.number` within others. @default [] */
  hidden?: readonly string[];
}

/** What the plugin gives every document. */
export interface PluggedDocument {
  /** Grows with every change; `save` fails when it is not the one that was read. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

const updates = ["findOneAndUpdate", "updateOne", "updateMany"] as const;
const others = [
  "find",
  "findOne",
  "findOneAndDelete",
  "deleteOne",
  "deleteMany",
  "countDocuments",
  "distinct",
] as const;

/**
 * What every document should do: JSON with `id` instead of `_id` and without hidden fields, `createdAt` and `updatedAt`,
 * a `version` that grows with every change, and errors that callers understand:
 * - `failed_precondition`, reason `version_conflict`: it was changed or deleted since it was read;
 * - `already_exists`, reason `duplicate_key`: a unique index holds the value, `details.fields` names the fields;
 * - `invalid_argument`, reason `invalid_document`: the schema refuses it, or what a query looks for can't be there, such
 *   as an id that is none; `details.issues` says where and why.
 *
 * What goes past documents and queries (`bulkWrite`, `replaceOne`, the driver itself) it does not see.
 */
export function documentPlugin(schema: Schema, { hidden = [] }: DocumentPluginOptions = {}): void {
  schema.set("versionKey", "version");
  schema.set("optimisticConcurrency", true);
  schema.set("timestamps", true);
  const leftOut = ["_id", "id", "outbox", ...hidden].map((path) => path.split("."));
  schema.set("toJSON", {
    transform(_document, plain: Record<string, unknown>) {
      const id = String(plain._id);
      for (const path of leftOut) leaveOut(plain, path);
      return { id, ...plain };
    },
  });
  schema.pre([...updates], function () {
    countChange(this);
  });
  schema.post("save", translateError);
  schema.post([...updates, ...others], translateError);
  schema.post("insertMany", translateError);
}

/** Of all elements, where something on the path is a list. */
function leaveOut(plain: unknown, [name = "", ...inner]: readonly string[]): void {
  if (Array.isArray(plain)) for (const each of plain) leaveOut(each, [name, ...inner]);
  else if (typeof plain === "object" && plain !== null) {
    const members = plain as Record<string, unknown>;
    if (inner.length === 0) delete members[name];
    else leaveOut(members[name], inner);
  }
}

/** Only `save` counts by itself. An update that sets the version knows what it does. */
function countChange(query: Query<unknown, unknown>): void {
  const update = query.getUpdate();
  if (!update) return;
  if (Array.isArray(update)) {
    update.push({ $set: { version: { $add: [{ $ifNull: ["$version", 0] }, 1] } } });
    return;
  }
  const { $inc = {}, $set = {}, $setOnInsert = {}, ...rest } = update as Record<string, Record<string, unknown>>;
  if ("version" in $inc || "version" in $set || "version" in update) return;
  // What mongoose adds for upserts would contradict the count.
  const { version: _, ...onInsert } = $setOnInsert;
  query.setUpdate({ ...rest, $set, $setOnInsert: onInsert, $inc: { ...$inc, version: 1 } });
}

function translateError(thrown: Error, _document: unknown, next: (error: Error) => void): void {
  next(translated(thrown));
}

function translated(thrown: Error): Error {
  if (thrown instanceof MongooseError.VersionError) {
    const message = "it was changed or deleted by somebody else since it was read: read it again";
    return new VastifyError("failed_precondition", message, { reason: "version_conflict", cause: thrown });
  }
  if (thrown instanceof MongooseError.CastError) {
    const { path, message } = thrown;
    return new VastifyError("invalid_argument", `${path}: ${message}`, {
      ...{ reason: "invalid_document", details: { issues: [{ path, message }] }, cause: thrown },
    });
  }
  if (thrown instanceof MongooseError.ValidationError) {
    const issues = Object.entries(thrown.errors).map(([path, { message }]) => ({ path, message }));
    const said = issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
    return new VastifyError("invalid_argument", said, {
      ...{ reason: "invalid_document", details: { issues }, cause: thrown },
    });
  }
  const { code, keyPattern = {} } = thrown as { code?: unknown; keyPattern?: Record<string, unknown> };
  if (code !== 11_000) return thrown;
  const fields = Object.keys(keyPattern);
  return new VastifyError("already_exists", `there is one with this ${fields.join(", ") || "key"} already`, {
    ...{ reason: "duplicate_key", details: { fields }, cause: thrown },
  });
}
