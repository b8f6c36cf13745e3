// A service that changes things as fast as it can, several at once and others' too, and relays their events.
import { eventPublisher, rabbit } from "vastify/messaging";
import { announce, deleteAnnounced, mongo, outboxRelay, retryConflicts } from "vastify/storage";
import { answerParent } from "../../support/child.mjs";
import { events, thingModel } from "./things.mjs";

const atOnce = 8;
const log = { debug() {}, info() {}, warn() {}, error: console.error };
const context = { log, signal: new AbortController().signal };
let things;
let parts = [];
let isChanging = true;
let changing;
/** Changes that the database has confirmed, which the parent has not been told of. */
let confirmed = [];

const create = () => {
  const thing = new things({ n: 0 });
  announce(thing, events.created, { id: thing.id, n: 0 });
  return confirm(thing.save(), thing.id, 0);
};

const update = (id) =>
  changeThing(id, (thing) => {
    const n = thing.n + 1;
    thing.set({ n });
    announce(thing, events.updated, { id: thing.id, n });
    return confirm(thing.save(), thing.id, n);
  });

const remove = (id) =>
  changeThing(id, (thing) => {
    const n = thing.n + 1;
    return confirm(deleteAnnounced(thing, events.deleted, { id: thing.id, n }), thing.id, n);
  });

async function confirm(write, id, n) {
  await write;
  confirmed.push({ id, n });
}

/** Gives up when others were quicker time and again. */
async function changeThing(id, change) {
  await retryConflicts(async () => {
    const thing = await things.findById(id);
    if (thing) await change(thing);
  }).catch((error) => {
    if (error.reason !== "version_conflict") throw error;
  });
}

/** Few things, so that many change the same one at once. */
async function keepChanging() {
  while (isChanging) {
    const [some] = await things.aggregate([{ $sample: { size: 1 } }, { $project: { _id: 1 } }]);
    const dice = Math.random();
    if (!some || dice < 0.2) await create();
    else if (dice < 0.35) await remove(some._id);
    else await update(some._id);
  }
}

answerParent({
  async start({ mongoUri, dbName, amqpUrl }) {
    const database = mongo({ uri: mongoUri, connection: { dbName } });
    things = thingModel(database.connection);
    const broker = rabbit({ url: amqpUrl, optional: true });
    const publisher = eventPublisher(broker, Object.values(events));
    const relay = outboxRelay(database.connection, { models: [things], publisher, leaseMs: 2_000, deletionMs: 5_000 });
    parts = [database, broker, relay];
    for (const part of parts) await part.start(context);
    await things.init();
    changing = Promise.all(Array.from({ length: atOnce }, keepChanging));
  },
  confirmed() {
    const told = confirmed;
    confirmed = [];
    return told;
  },
  async settle() {
    isChanging = false;
    await changing;
  },
  async stop() {
    for (const part of parts.toReversed()) await part.stop();
  },
});
