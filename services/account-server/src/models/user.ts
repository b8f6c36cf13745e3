import type { User } from "../contract.js";
import { type Connection, type HydratedDocument, type Model, Schema } from "mongoose";

export interface UserRecord {
  name: string;
  passwordHash: string;
  createdAt: Date;
  updatedAt: Date;
}

export type UserModel = Model<UserRecord>;
export type UserDocument = HydratedDocument<UserRecord>;

const userSchema = new Schema<UserRecord>(
  {
    name: { type: String, required: true, unique: true },
    passwordHash: { type: String, required: true, select: false },
  },
  { timestamps: true, versionKey: false, toJSON: { transform: (document) => toUser(document as UserDocument) } },
);

export function userModel(connection: Connection): UserModel {
  return connection.model<UserRecord>("User", userSchema);
}

/** Names what is shown, so that what is added to the record later stays inside. */
export function toUser({ id, name, createdAt, updatedAt }: UserDocument): User {
  return { id: String(id), name, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** MongoDB's error for a value that a unique index already holds. */
export function isDuplicate(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === 11_000;
}
