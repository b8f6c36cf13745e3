import { type Connection, type HydratedDocument, type Model, Schema } from "mongoose";
import { VastifyError } from "vastify";
import {
  announce,
  deleteAnnounced,
  documentPlugin,
  type Migration,
  type OutboxDocument,
  outboxPlugin,
  type PluggedDocument,
} from "vastify/storage";
import { account, type User } from "../contract.js";

export interface UserRecord extends PluggedDocument, OutboxDocument {
  name: string;
  passwordHash: string;
}

export type NewUser = Pick<UserRecord, "name" | "passwordHash">;
export type UserModel = Model<UserRecord>;
export type UserDocument = HydratedDocument<UserRecord>;

const userSchema = new Schema<UserRecord>({
  name: { type: String, required: true, unique: true },
  passwordHash: { type: String, required: true, select: false },
});
userSchema.plugin(documentPlugin, { hidden: ["passwordHash"] });
userSchema.plugin(outboxPlugin);

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

const { userCreated, userUpdated, userDeleted } = account.events;

/** Stores a new user and the event that tells of it. */
export function addUser(users: UserModel, { name, passwordHash }: NewUser): Promise<UserDocument> {
  const user = new users({ name, passwordHash });
  announce(user, userCreated, { id: user.id, name: user.name, version: 0 });
  return user.save();
}

/** Stores changes of a user and the event that tells of them. */
export function updateUser(user: UserDocument, changes: Partial<NewUser>): Promise<UserDocument> {
  user.set(changes);
  announce(user, userUpdated, { id: user.id, name: user.name, version: user.version + 1 });
  return user.save();
}

/** Deletes a user, in the version that was read, and tells of it. */
export async function removeUser(user: UserDocument): Promise<UserDocument> {
  await deleteAnnounced(user, userDeleted, { id: user.id, name: user.name, version: user.version + 1 });
  return user;
}

/** Names what is shown, so that what is added to the record later stays inside. */
export function toUser({ id, name, createdAt, updatedAt }: UserDocument): User {
  return { id: String(id), name, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** Whether another user has the name. */
export function isDuplicate(error: unknown): boolean {
  return VastifyError.is(error) && error.reason === "duplicate_key";
}
