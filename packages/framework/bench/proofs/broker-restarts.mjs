import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startRabbitmq } from "@vastify/backends";
import { rabbit } from "vastify/messaging";
import { createChildren } from "../support/children.mjs";
import { queues, retry } from "./broker-restarts/queues.mjs";

export const summary =
  "messages while the broker is stopped, killed and started and a consumer dies: none lost, none out of order [--messages N] [--queue-version 1|2]";

const atOnce = 500;
const keys = 16;
const poisoned = 20;
const consumer = new URL("broker-restarts/consumer-child.mjs", import.meta.url);

/** @param {string[]} args */
export async function run(args) {
  const options = { messages: { type: "string" }, "queue-version": { type: "string", default: "1" } };
  const { values } = parseArgs({ args, options });
  const messages = Number(values.messages ?? 20_000);
  const folder = mkdtempSync(join(tmpdir(), "vastify-proof-"));
  const children = createChildren();
  const settings = { "classic_queue.default_version": Number(values["queue-version"]) };
  const server = await startRabbitmq({ settings });
  const broker = rabbit({ url: server.url, publishTimeoutMs: 120_000 });
  try {
    await broker.start();
    const place = { url: server.url, log: join(folder, "handled"), seen: join(folder, "seen") };
    writeFileSync(place.log, "");
    mkdirSync(place.seen);
    const startConsumer = async () => {
      const child = children.start(consumer);
      await child.ask("start", place);
      return child;
    };
    const [doomed, second] = [await startConsumer(), await startConsumer()];
    const startedAt = performance.now();

    const published = { count: 0, confirmed: 0 };
    const publishing = publishAll(queues(broker), messages, published);
    await reached(published, messages * 0.2);
    console.log(`${published.count} published: the broker is stopped`);
    await server.stop();
    await server.start();
    await reached(published, messages * 0.5);
    console.log(`${published.count} published: a consumer is killed`);
    await doomed.ask("die").catch(() => {});
    const starting = startConsumer();
    await reached(published, messages * 0.7);
    console.log(`${published.count} published: the broker is killed`);
    await server.kill();
    await server.start();
    await publishing;
    const third = await starting;
    console.log(`${published.confirmed} confirmed; waiting until they are handled`);
    const handled = await whenHandled(place.log, messages);
    const seconds = (performance.now() - startedAt) / 1000;

    const parking = await parkAndReplay(broker);
    const duplicates = (await second.ask("duplicates")) + (await third.ask("duplicates"));
    for (const child of [second, third]) await child.ask("stop");
    const figures = {
      messages,
      confirmed: published.confirmed,
      lost: messages - new Set(handled.map(({ n }) => n)).size,
      handledTwice: handled.length - new Set(handled.map(({ n }) => n)).size,
      duplicatesRecognised: duplicates,
      outOfOrder: outOfOrder(handled),
      ...parking,
      seconds: Math.round(seconds),
    };
    const { confirmed, lost, parked, replayed } = figures;
    const ok =
      confirmed === messages && lost === 0 && figures.outOfOrder === 0 && parked === poisoned && replayed === poisoned;
    return { ok, ...figures };
  } finally {
    await children.stopAll();
    await broker.stop();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every second message is one of an ordered queue. */
async function publishAll({ plain, ordered }, messages, published) {
  async function keepPublishing() {
    while (published.count < messages) {
      const n = published.count++;
      if (n % 2 === 0) await plain.send({ n });
      else await ordered.send({ n }, { key: `key-${n % keys}` });
      published.confirmed++;
    }
  }
  await Promise.all(Array.from({ length: atOnce }, keepPublishing));
}

async function reached(published, count) {
  while (published.confirmed < count) await sleep(5);
}

/** What was handled, in order; repetitions too. It waits as long as something goes on. */
async function whenHandled(log, messages) {
  let before = -1;
  for (;;) {
    const handled = read(log);
    if (new Set(handled.map(({ n }) => n)).size === messages || handled.length === before) return handled;
    before = handled.length;
    await sleep(5_000);
  }
}

function read(log) {
  const lines = readFileSync(log, "utf8").trim().split("\n");
  return lines.map((line) => {
    const [key, n] = line.split(" ");
    return { key, n: Number(n) };
  });
}

/** How many messages of a key were first handled after a later one of it. */
function outOfOrder(handled) {
  const seen = new Set();
  const latest = new Map();
  let count = 0;
  for (const { key, n } of handled) {
    if (key === "-" || seen.has(n)) continue;
    seen.add(n);
    if (n < (latest.get(key) ?? -1)) {
      console.log(`${n} of ${key} was handled after ${latest.get(key)}`);
      count++;
    }
    latest.set(key, n);
  }
  return count;
}

/** Messages that fail until somebody mends what was wrong. */
async function parkAndReplay(broker) {
  const jobs = broker.queue("proof.poison");
  let isMended = false;
  let replayed = 0;
  const handler = () => {
    if (!isMended) throw new Error("not mended yet");
    replayed++;
  };
  await jobs.consume(handler, { retry }).ready;
  for (let n = 0; n < poisoned; n++) await jobs.send({ n });
  while ((await jobs.parked.count()) < poisoned) await sleep(50);
  const parked = (await jobs.parked.list()).length;
  isMended = true;
  await jobs.parked.replay();
  for (let waited = 0; replayed < poisoned && waited < 15_000; waited += 50) await sleep(50);
  return { parked, replayed };
}
