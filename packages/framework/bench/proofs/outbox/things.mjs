import mongoose from "mongoose";
import { documentPlugin, outboxPlugin } from "vastify/storage";
import { z } from "zod";

const change = z.object({ id: z.string(), n: z.int() });
const event = (name) => ({ target: "proof", name, version: "1.0.0", payload: change });

/** What is told of things; `n` counts the changes of each, from 0. */
export const events = {
  created: event("thing.created"),
  updated: event("thing.updated"),
  deleted: event("thing.deleted"),
};

/** @param {import("mongoose").Connection} connection */
export function thingModel(connection) {
  const schema = new mongoose.Schema({ n: Number });
  schema.plugin(documentPlugin);
  schema.plugin(outboxPlugin);
  return connection.model("Thing", schema);
}
