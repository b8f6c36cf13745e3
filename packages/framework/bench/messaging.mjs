import { startRabbitmq } from "@vastify/backends";
import { measureMessaging, messagingTable } from "./messaging/measure.mjs";
import { createChildren } from "./support/children.mjs";
import { evaluate, figuresTable, keysOf } from "./support/figures.mjs";

export const summary = "messages over RabbitMQ, beside bare amqplib, rabbitmq-client and NestJS RMQ";

/** @type {import("./support/figures.mjs").Figure[]} */
const figures = [
  { name: "publish-vs-bare", must: ">= 0.85", pairs: [ratio("publish", "amqplib")] },
  { name: "publish-vs-nest", must: ">= 1.2", pairs: [ratio("publish", "nest")] },
  { name: "consume-vs-bare", must: ">= 0.85", pairs: [ratio("consume", "amqplib")] },
  { name: "consume-vs-nest", must: ">= 1.2", pairs: [ratio("consume", "nest")] },
  { name: "rpc-vs-nest", must: ">= 1.2", pairs: [ratio("rpc-c64", "nest")] },
];
export const figureNames = figures.map(({ name }) => name);

/** @param {Parameters<typeof import("./calls.mjs").run>[0]} options */
export async function run({ rounds, quick, only, profiles, progress, print }) {
  const chosen = only.length > 0 ? figures.filter(({ name }) => only.includes(name)) : figures;
  const needed = new Set(chosen.flatMap(keysOf));
  const wants = (key) => only.length === 0 || needed.has(key);
  const execArgvOf = (process) =>
    profiles && process.startsWith("vastify")
      ? ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${process}.cpuprofile`]
      : [];
  const children = createChildren();
  const broker = await startRabbitmq();
  try {
    // Not every client knows the user that RabbitMQ has at first.
    const url = broker.url.replace("amqp://", "amqp://guest:guest@");
    const options = { url, wants, rounds, quick, children, execArgvOf, progress };
    const { results, failures } = await measureMessaging(options);
    print(`\n${messagingTable(results)}`);
    for (const [key, why] of failures) print(`\nNot measured: ${key}: ${why}`);
    const evaluated = chosen.map((figure) => evaluate(figure, results));
    print(`\nFigures (medians of ${rounds} rounds${quick ? ", quick" : ""})\n\n${figuresTable(evaluated)}`);
    return evaluated.map(({ name, value, must, ok }) => ({ name, value, must, ok }));
  } finally {
    await children.stopAll();
    await broker.remove();
  }
}

function ratio(cell, peer) {
  return { over: [`${cell}/vastify`], under: [`${cell}/${peer}`] };
}
