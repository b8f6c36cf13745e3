import { type Connection, type HydratedDocument, type Model, Schema } from "mongoose";
import { VastifyError } from "vastify";
import { documentPlugin, type Migration, type PluggedDocument } from "vastify/storage";
import type { User } from "../contract.js";

export interface UserRecord extends PluggedDocument {
  name: string;
  passwordHash: string;
}

export type UserModel = Model<UserRecord>;
export type UserDocument = HydratedDocument<UserRecord>;

const userSchema = new Schema<UserRecord>({
  name: { type: String, required: true, unique: true },
  passwordHash: { type: String, required: true, select: false },
});
userSchema.plugin(documentPlugin, { hidden: ["passwordHash"] });

/** What older databases need. */
export const userMigrations: readonly Migration[] = [
  {
    name: "users have versions",
    run: (connection) =>
      connection.collection("users").updateMany({ version: { $exists: false } }, { $set: { version: 0 } }),
  },
];

export function userModel(connection: Connection): UserModel {
  return connection.model<UserRecord>("User", userSchema);
}

/** Names what is shown, so that what is added to the record later stays inside. */
export function toUser({ id, name, createdAt, updatedAt }: UserDocument): User {
  return { id: String(id), name, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** Whether another user has the name. */
export function isDuplicate(error: unknown): boolean {
  return VastifyError.is(error) && error.reason === "duplicate_key";
}
