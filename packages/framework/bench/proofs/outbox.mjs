import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startMongoEngine, startRabbitmq } from "@vastify/backends";
import { rabbit } from "vastify/messaging";
import { mongo } from "vastify/storage";
import { createChildren } from "../support/children.mjs";
import { until } from "../support/until.mjs";
import { judgeEvents } from "./outbox/judge-events.mjs";
import { events } from "./outbox/things.mjs";
import { readProofArgs } from "./system/proof-args.mjs";

export const summary =
  "changes while the broker is stopped and killed and services die: every change has its event [--changes N]";

const changing = new URL("outbox/changing-child.mjs", import.meta.url);
const dbName = "proof";
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** @param {string[]} args */
export async function run(args) {
  const { changes } = readProofArgs(args, { defaults: { changes: 6_000 }, quick: { changes: 1_000 } });
  const dir = await mkdtemp(join(tmpdir(), "vastify-proof-"));
  const children = createChildren();
  const [server, engine] = await Promise.all([startRabbitmq(), startMongoEngine({ dir })]);
  const database = mongo({ uri: engine.uri, connection: { dbName } });
  const listener = rabbit({ url: server.url });
  const heard = [];
  try {
    // All kinds in one queue: between the queues of `onEvent`, one for each kind, there is no order.
    const byKey = new Map(Object.values(events).map((event) => [`${event.target}.${event.name}.v1`, event.name]));
    const hear = (change, { id, routingKey }) => heard.push({ eventId: id, name: byKey.get(routingKey), ...change });
    listener.topic("vastify.events").subscribe([...byKey.keys()], hear, { group: "proof" });
    const context = { log: silent, signal: new AbortController().signal };
    await Promise.all([database.start(context), listener.start(context)]);

    const services = await startServices(children, { mongoUri: engine.uri, dbName, amqpUrl: server.url });
    await services.reached(changes * 0.2);
    console.log(`${services.confirmed.length} changes: the broker is stopped`);
    await server.stop();
    await services.reached(changes * 0.3);
    await server.start();
    await services.reached(changes * 0.4);
    console.log(`${services.confirmed.length} changes: a service is killed`);
    await services.kill();
    await services.reached(changes * 0.6);
    console.log(`${services.confirmed.length} changes: the broker and a service are killed`);
    await Promise.all([server.kill(), services.kill()]);
    await services.reached(changes * 0.7);
    await server.start();
    await services.reached(changes * 0.8);
    console.log(`${services.confirmed.length} changes: all services are killed`);
    await services.killAll();
    await services.reached(changes);
    await services.settle();
    console.log(`${services.confirmed.length} changes; waiting until their events are heard`);
    const { connection } = database;
    await until(() => isTold(connection), "the outbox is empty", { deadlineMs: 120_000, everyMs: 200 });
    await whenQuiet(heard);

    const living = new Map();
    for (const { _id, n } of await connection.collection("things").find().toArray()) living.set(String(_id), n);
    const figures = judgeEvents({ living, confirmed: services.confirmed, heard });
    const { missing, unfounded, outOfOrder } = figures;
    if (living.size === 0) throw new Error("nothing lives: the proof looks at the wrong database");
    return { ok: missing === 0 && unfounded === 0 && outOfOrder === 0, ...figures, killed: services.killed };
  } finally {
    await children.stopAll();
    await Promise.all([listener.stop(), database.stop()]);
    await Promise.all([server.remove(), engine.stop()]);
    await rm(dir, { recursive: true, force: true });
  }
}

/** Three processes that change things; who is killed is replaced. */
async function startServices(children, place) {
  const confirmed = [];
  let killed = 0;
  const start = async () => {
    const child = children.start(changing);
    await child.ask("start", place);
    return child;
  };
  const running = await Promise.all([start(), start(), start()]);
  const collect = async () => {
    for (const told of await Promise.all(running.map((child) => child.ask("confirmed")))) confirmed.push(...told);
  };
  /** The one that started first; what it has not told by then only the database knows. */
  const kill = async () => {
    const [oldest] = running.splice(0, 1);
    await oldest.kill();
    killed++;
    running.push(await start());
  };
  return {
    confirmed,
    get killed() {
      return killed;
    },
    kill,
    async killAll() {
      const all = running.splice(0);
      await Promise.all(all.map((child) => child.kill()));
      killed += all.length;
      running.push(...(await Promise.all(all.map(start))));
    },
    async reached(count) {
      for (;;) {
        await collect();
        if (confirmed.length >= count) return;
        await sleep(20);
      }
    },
    async settle() {
      await Promise.all(running.map((child) => child.ask("settle")));
      await collect();
    },
  };
}

async function isTold(connection) {
  const waiting = await connection.collection("things").countDocuments({ "outbox.0": { $exists: true } });
  return waiting + (await connection.collection("vastify_deletions").countDocuments()) === 0;
}

/** What is published is heard in moments; nothing new for a while means all of it. */
async function whenQuiet(heard) {
  for (let before = -1; before !== heard.length; await sleep(3_000)) before = heard.length;
}
