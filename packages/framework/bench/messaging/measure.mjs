import amqplib from "amqplib";
import { runRounds } from "../support/rounds.mjs";
import { median, shown } from "../support/stats.mjs";
import { table } from "../support/table.mjs";

const child = new URL("contestant-child.mjs", import.meta.url);
const titles = {
  vastify: "vastify",
  amqplib: "(bare amqplib)",
  "rabbitmq-client": "rabbitmq-client",
  nest: "NestJS RMQ",
};
const cells = {
  publish: "confirmed publishes/s, 256 at once",
  consume: "consumes/s, prefetch 200",
  "rpc-c1": "requests/s, one at a time",
  "rpc-c64": "requests/s, 64 at once",
};

/**
 * @param {object} options
 * @param {string} options.url of the broker
 * @param {(key: string) => boolean} options.wants
 * @param {number} options.rounds
 * @param {boolean} options.quick
 * @param {ReturnType<typeof import("../support/children.mjs").createChildren>} options.children
 * @param {(process: string) => string[]} options.execArgvOf
 * @param {(text: string) => void} options.progress
 */
export async function measureMessaging({ url, wants, rounds, quick, children, execArgvOf, progress }) {
  const tasks = Object.keys(cells).flatMap((cell) =>
    Object.keys(titles)
      .map((name) => ({ cell, name, key: `${cell}/${name}` }))
      .filter(({ key }) => wants(key)),
  );
  const seconds = quick ? 0.5 : 2;
  const jobs = quick ? 5_000 : 20_000;
  // Until then a new consumer is being compiled.
  const first = jobs;
  const administration = await amqplib.connect(url);
  const admin = await administration.createChannel();
  const running = new Map();
  for (const name of new Set(tasks.map((task) => task.name))) {
    progress(`${name}: starting`);
    running.set(name, startProcesses(name));
    await running.get(name).catch(() => {});
  }

  async function startProcesses(name) {
    const start = async (side, queue) => {
      const process = children.start(child, { args: [name], execArgv: execArgvOf(`${name}-${side}`) });
      await process.ask("open", { url, queue });
      return process;
    };
    const startConsumer = () => start("consumer", consumedBy(name));
    const filler = await start("filler", consumedBy(name));
    const sender = await start("sender", publishedBy(name));
    const server = await start("server", publishedBy(name));
    await server.ask("serve");
    // Nobody is measured before it is compiled.
    await sender.ask("call", { concurrency: 64, seconds: seconds / 2 });
    await sender.ask("publish", { concurrency: 256, seconds: seconds / 2 });
    return { filler, sender, startConsumer };
  }

  async function measure({ cell, name }) {
    const { filler, sender, startConsumer } = await running.get(name);
    for (const queue of [publishedBy(name), consumedBy(name)]) await admin.purgeQueue(queue);
    switch (cell) {
      case "publish":
        return sender.ask("publish", { concurrency: 256, seconds });
      case "consume": {
        await filler.ask("fill", first + jobs);
        const consumer = await startConsumer();
        const measured = consumer.ask("awaitHandled", { first, count: jobs });
        await consumer.ask("consume", { prefetch: 200 });
        const result = await measured;
        await consumer.stop();
        return result;
      }
      case "rpc-c1":
        return sender.ask("call", { concurrency: 1, seconds });
      default:
        return sender.ask("call", { concurrency: 64, seconds });
    }
  }

  const outcome = await runRounds(tasks, { rounds, measure, progress });
  await administration.close();
  return outcome;
}

function publishedBy(name) {
  return `bench.${name}.published`;
}

function consumedBy(name) {
  return `bench.${name}.consumed`;
}

/** @param {Map<string, any[]>} results */
export function messagingTable(results) {
  const rows = Object.entries(cells).map(([cell, title]) => [
    title,
    ...Object.keys(titles).map((name) => {
      const measured = results.get(`${cell}/${name}`);
      return measured ? shown(median(measured.map(({ perSecond }) => perSecond))) : "–";
    }),
  ]);
  return table(["", ...Object.values(titles)], rows);
}
