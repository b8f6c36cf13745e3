import { startRedis } from "@vastify/backends";
import { createChildren } from "./support/children.mjs";
import { chooseFigures } from "./support/chosen-figures.mjs";
import { runRounds } from "./support/rounds.mjs";
import { median, shown } from "./support/stats.mjs";
import { table } from "./support/table.mjs";

export const summary = "hits of the caches beside a bare Map and a bare ioredis get";

/** A ratio of times per hit, so the bare one's rate stands over ours. @type {import("./support/figures.mjs").Figure[]} */
const figures = [
  { name: "memory-hit", must: "<= 2", pairs: [{ over: ["map/oneAtATime"], under: ["memory/oneAtATime"] }] },
  {
    name: "redis-hit",
    must: "<= 1.3",
    pairs: [
      { over: ["ioredis/oneAtATime"], under: ["redis/oneAtATime"] },
      { over: ["ioredis/saturated"], under: ["redis/saturated"] },
    ],
  },
];
export const figureNames = figures.map(({ name }) => name);

const contestants = {
  map: "a bare Map",
  memory: "memoryCache get",
  "memory-load": "memoryCache load",
  ioredis: "ioredis get",
  redis: "redisCache get",
};
const modes = { oneAtATime: "one after the other", saturated: "64 at once" };

/** @param {Parameters<typeof import("./calls.mjs").run>[0]} options */
export async function run(options) {
  const { rounds, quick, progress, print } = options;
  const { wants, report } = chooseFigures(figures, options);
  const tasks = Object.keys(contestants)
    .flatMap((name) => Object.keys(modes).map((mode) => ({ key: `${name}/${mode}`, name, mode })))
    .filter(({ key }) => wants(key));
  const redis = await startRedis();
  const children = createChildren();
  try {
    const running = new Map();
    for (const name of new Set(tasks.map((task) => task.name))) {
      running.set(name, children.start(new URL("cache/hits-child.mjs", import.meta.url), { args: [name, redis.url] }));
      await running.get(name).ask("start");
    }
    const measure = ({ name, mode }, seconds = quick ? 0.2 : 1) => running.get(name).ask("measure", { mode, seconds });
    for (const task of tasks) await measure(task, 0.3);
    const { results, failures } = await runRounds(tasks, { rounds, measure, progress });
    print(`\nµs per hit\n\n${hitsTable(results)}`);
    for (const [key, why] of failures) print(`${key} was not measured: ${why}`);
    return report(results);
  } finally {
    await children.stopAll();
    await redis.stop();
  }
}

/** @param {Map<string, any[]>} results */
function hitsTable(results) {
  const microseconds = (key) => shown(median((results.get(key) ?? []).map(({ perSecond }) => 1e6 / perSecond)));
  return table(
    ["", ...Object.values(modes)],
    Object.entries(contestants).map(([name, title]) => [
      title,
      ...Object.keys(modes).map((mode) => microseconds(`${name}/${mode}`)),
    ]),
  );
}
