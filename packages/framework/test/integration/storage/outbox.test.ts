import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type Connection, type Model, Schema } from "mongoose";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  announce,
  deleteAnnounced,
  documentPlugin,
  type OutboxDocument,
  type OutboxEvent,
  type OutboxPublisher,
  type OutboxRelayOptions,
  outboxPlugin,
  outboxRelay,
  type PluggedDocument,
} from "../../../src/storage/index.js";
import { silentLogger } from "../../support/framework.js";
import { mongoUri, startMongo, unaborted } from "../../support/mongo.js";
import { until } from "../../support/services.js";

interface Thing extends PluggedDocument, OutboxDocument {
  n: number;
}

function thingModel(connection: Connection): Model<Thing> {
  const schema = new Schema<Thing>({ n: Number });
  schema.plugin(documentPlugin);
  schema.plugin(outboxPlugin);
  return connection.model<Thing>("Thing", schema);
}

async function things() {
  const { connection, dbName } = await startMongo();
  const model = thingModel(connection);
  await model.init();
  async function create(n: number, events = 1) {
    const thing = new model({ n });
    for (let at = 0; at < events; at++) announce(thing, "thing.created", { n, at });
    return thing.save();
  }
  const isEmpty = async () =>
    (await model.countDocuments({ "outbox.0": { $exists: true } })) === 0 &&
    (await connection.collection("vastify_deletions").countDocuments()) === 0;
  return { connection, dbName, model, create, isEmpty };
}

const quick = { pollMs: 10, leaseMs: 500 };

/** A relay in this process that collects what it publishes. */
async function relay(
  connection: Connection,
  model: Model<Thing>,
  options: Partial<OutboxRelayOptions> = {},
  log = silentLogger,
) {
  const events: OutboxEvent[] = [];
  const publisher: OutboxPublisher = { publish: async (event) => void events.push(event) };
  const part = outboxRelay(connection, { models: [model], publisher, ...quick, ...options });
  onTestFinished(() => part.stop());
  await part.start({ log, signal: unaborted() });
  return { part, events };
}

describe.skipIf(!mongoUri)("an outbox", () => {
  it("publishes what was saved, in order for each document, and once while all goes well", async () => {
    const { connection, model, create, isEmpty } = await things();
    const saved = await Promise.all(Array.from({ length: 30 }, (_, n) => create(n, 3)));
    const { events } = await relay(connection, model);
    await until(isEmpty, "the outbox is empty");
    expect(events).toHaveLength(90);
    for (const { id, n } of saved) {
      const own = events.filter(({ subject }) => subject === id);
      expect(own.map(({ type, payload }) => ({ type, payload }))).toEqual(
        [0, 1, 2].map((at) => ({ type: "thing.created", payload: { n, at } })),
      );
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(90);
  });

  it("publishes nothing of a change that did not happen", async () => {
    const { connection, model, create, isEmpty } = await things();
    const { id } = await create(1, 0);
    const [one, other] = [await model.findById(id).orFail(), await model.findById(id).orFail()];
    one.n = 2;
    announce(one, "thing.changed", 2);
    other.n = 3;
    announce(other, "thing.changed", 3);
    await one.save();
    await expect(other.save()).rejects.toMatchObject({ reason: "version_conflict" });
    const { events } = await relay(connection, model);
    await until(isEmpty, "the outbox is empty");
    expect(events.map(({ payload }) => payload)).toEqual([2]);
  });

  it("leaves the version alone and stays out of JSON", async () => {
    const { connection, model, create, isEmpty } = await things();
    const thing = await create(1);
    await relay(connection, model);
    await until(isEmpty, "the outbox is empty");
    expect(await model.findById(thing.id)).toMatchObject({ version: thing.version });
    expect(Object.keys(thing.toJSON())).not.toContain("outbox");
    // Edited by whom still holds the published event: it is not stored again.
    thing.n = 2;
    announce(thing, "thing.changed", 2);
    await thing.save();
    await until(isEmpty, "the outbox is empty");
  });

  it("publishes a deletion with all that the document had still to tell", async () => {
    const { connection, model, create, isEmpty } = await things();
    const thing = await create(1, 2);
    await deleteAnnounced(thing, "thing.deleted", { $n: "$1" });
    expect(await model.countDocuments()).toBe(0);
    const { events } = await relay(connection, model);
    await until(isEmpty, "the outbox is empty");
    expect(events.map(({ type, payload }) => [type, payload])).toEqual([
      ["thing.created", { n: 1, at: 0 }],
      ["thing.created", { n: 1, at: 1 }],
      ["thing.deleted", { $n: "$1" }],
    ]);
  });

  it("publishes one deletion of many that were tried, and none that failed", async () => {
    const { connection, model, create, isEmpty } = await things();
    const gone = await create(1, 0);
    const copies = await Promise.all(Array.from({ length: 5 }, () => model.findById(gone.id).orFail()));
    const outcomes = await Promise.allSettled(copies.map((copy) => deleteAnnounced(copy, "thing.deleted", 1)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const changed = await create(2, 0);
    await model.updateOne({ _id: changed._id }, { n: 3 });
    await expect(deleteAnnounced(changed, "thing.deleted", 2)).rejects.toMatchObject({ reason: "version_conflict" });
    const { events } = await relay(connection, model);
    await until(isEmpty, "the outbox is empty");
    expect(new Set(events.map(({ subject }) => subject))).toEqual(new Set([gone.id]));
    expect(await model.countDocuments()).toBe(1);
  });

  it("publishes the deletion that happened, not one that was begun before it in vain", async () => {
    const { connection, model, create, isEmpty } = await things();
    const thing = await create(1, 0);
    const late = await model.findById(thing.id).orFail();
    await model.updateOne({ _id: thing._id }, { n: 2 });
    await expect(deleteAnnounced(late, "thing.deleted", { n: 1 })).rejects.toMatchObject({
      reason: "version_conflict",
    });
    await deleteAnnounced(await model.findById(thing.id).orFail(), "thing.deleted", { n: 2 });
    const { events } = await relay(connection, model);
    await until(isEmpty, "the outbox is empty");
    expect(events.map(({ payload }) => payload)).toEqual([{ n: 2 }]);
  });

  it("prevents a deletion that was begun long ago, so that it can't happen unannounced", async () => {
    const { connection, model, create, isEmpty } = await things();
    const thing = await create(1, 0);
    // A process that stopped between telling and doing.
    const { collection } = model;
    const deletion = { collection: collection.name, document: thing._id, version: thing.version, events: [] };
    await connection.collection("vastify_deletions").insertOne({ ...deletion, at: new Date(Date.now() - 10_000) });
    const { events } = await relay(connection, model, { deletionMs: 1_000 });
    await until(isEmpty, "it was forgotten");
    await expect(deleteAnnounced(thing, "thing.deleted", 1)).rejects.toMatchObject({ reason: "version_conflict" });
    await until(isEmpty, "it was forgotten");
    expect([events, await model.countDocuments()]).toEqual([[], 1]);
  });

  it("keeps what can't be published, says so once, and holds up only that document", async () => {
    const { connection, model, create, isEmpty } = await things();
    const poisonous = await Promise.all(Array.from({ length: 8 }, () => create(-1)));
    const others = await Promise.all(Array.from({ length: 20 }, (_, n) => create(n)));
    const lines: string[] = [];
    const published: string[] = [];
    let isMended = false;
    const publisher: OutboxPublisher = {
      async publish({ subject }) {
        if (!isMended && poisonous.some(({ id }) => id === subject)) throw new Error("too large");
        published.push(subject);
      },
    };
    const note = (line: string) => void lines.push(line);
    const log = { ...silentLogger, warn: note, info: note };
    const { part } = await relay(connection, model, { publisher }, log);
    await until(() => others.every(({ id }) => published.includes(id)), "the others are out");
    expect(part.health?.()).toEqual({ ok: true, publishing: false });
    isMended = true;
    await until(isEmpty, "the outbox is empty");
    expect(published).toHaveLength(28);
    await until(() => lines.length > 1, "it is said that all is well");
    expect(lines).toEqual([expect.stringContaining("can't be published"), expect.stringContaining("published again")]);
  });

  it("gives a publisher that hangs up", async () => {
    const { connection, model, create, isEmpty } = await things();
    await create(1);
    let tries = 0;
    const publisher: OutboxPublisher = {
      publish: () => (++tries === 1 ? new Promise(() => {}) : Promise.resolve()),
    };
    await relay(connection, model, { publisher, publishTimeoutMs: 50 });
    await until(isEmpty, "the outbox is empty");
    expect(tries).toBe(2);
  });

  it("loses nothing when the process that publishes is killed, again and again", async () => {
    const { dbName, create, isEmpty } = await things();
    await Promise.all(Array.from({ length: 100 }, (_, n) => create(n)));
    const seen = new Set<unknown>();
    const start = (): ChildProcess => {
      const child = fork(new URL("../../fixtures/outbox-relay.mjs", import.meta.url), [mongoUri, dbName]);
      onTestFinished(() => void child.kill("SIGKILL"));
      child.on("message", ({ payload }: OutboxEvent) => seen.add((payload as { n: number }).n));
      return child;
    };
    for (const enough of [5, 30, 60]) {
      const child = start();
      await until(() => seen.size >= enough, "some were published", 40_000);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    start();
    await until(isEmpty, "the outbox is empty", 40_000);
    expect([...seen].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it("is relayed by one of several instances at a time, and by the next when that one stops", async () => {
    const { connection, dbName, model, create, isEmpty } = await things();
    const secondConnection = (await startMongo(dbName)).connection;
    const one = await relay(connection, model);
    const other = await relay(secondConnection, thingModel(secondConnection));
    await create(1);
    await until(isEmpty, "the outbox is empty");
    const [active, idle] = one.events.length > 0 ? [one, other] : [other, one];
    expect([active.events.length, idle.events.length]).toEqual([1, 0]);
    await active.part.stop();
    await create(2);
    await until(isEmpty, "the outbox is empty");
    expect(idle.events).toHaveLength(1);
  });
});

it("asks for documents that know their version", () => {
  expect(() => new Schema({}).plugin(outboxPlugin)).toThrow(expect.objectContaining({ reason: "bad_option" }));
});
