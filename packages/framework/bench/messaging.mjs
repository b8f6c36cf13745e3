import { startRabbitmq } from "@vastify/backends";
import { measureMessaging, messagingTable } from "./messaging/measure.mjs";
import { createChildren } from "./support/children.mjs";
import { chooseFigures } from "./support/chosen-figures.mjs";

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

/**
 * Whatever RabbitMQ Debian has shall keep its classic queues as RabbitMQ 4 does: in version 2, and those that grow on disk,
 * as lazy queues did before 3.12 (RabbitMQ's documentation, "Classic Queues Operating in Lazy Queue Mode"). What older
 * ones hold in memory, the broker's garbage collector goes through again and again while a publisher is measured. Those
 * that are consumed or asked are not lazy: newer ones keep in memory what is wanted soon.
 */
const likeRabbitmq4 = {
  settings: { "classic_queue.default_version": 2 },
  policies: { lazy: { pattern: "\\.published$", definition: { "queue-mode": "lazy" } } },
};

/** @param {Parameters<typeof import("./calls.mjs").run>[0]} options */
export async function run(options) {
  const { rounds, quick, progress, print } = options;
  const { wants, execArgvOf, report } = chooseFigures(figures, options);
  const children = createChildren();
  const broker = await startRabbitmq(likeRabbitmq4);
  try {
    // Not every client knows the user that RabbitMQ has at first.
    const url = broker.url.replace("amqp://", "amqp://guest:guest@");
    const { results, failures } = await measureMessaging({ url, wants, rounds, quick, children, execArgvOf, progress });
    print(`\n${messagingTable(results)}`);
    for (const [key, why] of failures) print(`\nNot measured: ${key}: ${why}`);
    return report(results);
  } finally {
    await children.stopAll();
    await broker.remove();
  }
}

function ratio(cell, peer) {
  return { over: [`${cell}/vastify`], under: [`${cell}/${peer}`] };
}
