import { runRounds, tasksOf } from "../support/rounds.mjs";
import { median, shown } from "../support/stats.mjs";
import { table } from "../support/table.mjs";
import { patternsArgv } from "./patterns.mjs";

const child = new URL("local-child.mjs", import.meta.url);

/** Each in a process of its own, so that none pays for another's garbage, timers or hooks. */
const contestants = {
  vastify: { title: "vastify", file: "vastify.mjs" },
  moleculer: { title: "Moleculer", file: "moleculer.mjs" },
  "moleculer-timeout": { title: "… timeout 5 s", file: "moleculer.mjs", options: { requestTimeout: 5_000 } },
  seneca: { title: "Seneca", file: "seneca.mjs" },
  patrun: { title: "Patrun + function", file: "patrun.mjs" },
  "vastify-few": { file: "vastify.mjs", options: { patterns: 10 }, argv: patternsArgv },
  "vastify-many": { file: "vastify.mjs", options: { patterns: 10_000 }, argv: patternsArgv },
};
// Those whose figures are divided by each other are neighbours.
const everyone = ["moleculer", "vastify", "moleculer-timeout", "seneca", "patrun"];
const some = ["vastify", "moleculer", "seneca"];

const cells = [
  { cell: "act", title: "one call after the other", call: "echo", by: everyone },
  {
    cell: "act-async",
    title: "… with an async handler",
    call: "echo-async",
    by: ["moleculer", "vastify", "moleculer-timeout"],
  },
  { cell: "act-saturated", title: "64 at once", call: "echo", mode: "saturated", by: everyone },
  { cell: "nested", title: "an action calls another", call: "nested", by: some },
  { cell: "nested-post", title: "the same by this.post", call: "nested-post", by: ["vastify"] },
  { cell: "pending-0", title: "0 other calls pending", call: "echo", by: some },
  { cell: "pending-10000", title: "10,000 others pending", call: "echo", pending: 10_000, by: some },
  // They differ by less than two processes of the same, of which one is luckier than the other for all of its life.
  { cell: "patterns", call: "patterns", by: ["vastify-few", "vastify-many"], turns: 3, isFresh: true },
];

/**
 * Calls within a process.
 * @param {{ wants: (key: string) => boolean, rounds: number, quick: boolean, children: ReturnType<import("../support/children.mjs").createChildren>, execArgvOf: (process: string) => string[], progress: (text: string) => void }} options
 */
export async function measureLocal({ wants, rounds, quick, children, execArgvOf, progress }) {
  const tasks = tasksOf(
    cells.map((cell) => ({ mode: "oneAtATime", ...cell })),
    wants,
  );
  if (tasks.length === 0) return { results: new Map(), failures: new Map() };
  progress("in-process calls: starting");
  const running = new Map();
  const start = async (name) => {
    const { file, options = {}, argv = [] } = contestants[name];
    const execArgv = [...argv, ...execArgvOf(`${name}-local`)];
    const process = children.start(child, { args: [file, JSON.stringify(options)], execArgv });
    await process.ask("start");
    return process;
  };
  const lasting = tasks.filter(({ isFresh }) => !isFresh);
  for (const name of new Set(lasting.map((task) => task.name))) {
    running.set(name, start(name));
    await running.get(name).catch(() => {});
  }
  const seconds = quick ? 0.2 : 0.5;
  const measure = async ({ name, call, mode, pending, isFresh }) => {
    const process = await (isFresh ? start(name) : running.get(name));
    const warmUpSeconds = isFresh ? seconds : seconds / 4;
    const result = await process.ask("measure", { call, mode, pending, seconds, warmUpSeconds });
    if (isFresh) await process.stop();
    return result;
  };
  progress("in-process calls: warming up");
  for (const task of lasting) await measure(task).catch(() => {});
  const outcome = await runRounds(tasks, {
    rounds,
    measure,
    progress: (text) => progress(`in-process calls: ${text}`),
  });
  await children.stopAll();
  return outcome;
}

/** The growth of a process of ours under saturated calls. */
export async function measureGrowth({ seconds, children, progress }) {
  progress(`memory under saturated calls: ${seconds} s`);
  const process = children.start(child, { args: ["vastify.mjs", "{}"], execArgv: ["--expose-gc"] });
  try {
    await process.ask("start");
    const warmUpSeconds = Math.min(5, seconds / 2);
    return await process.ask("growth", { seconds, warmUpSeconds }, (seconds + 60) * 1_000);
  } finally {
    await children.stopAll();
  }
}

/** @param {Map<string, any[]>} results */
export function localTable(results) {
  const shownCells = cells.filter(({ cell, by }) => by.includes("vastify") && Object.keys(contestants).some(has(cell)));
  function has(cell) {
    return (name) => results.has(`${cell}/${name}`);
  }
  if (shownCells.length === 0) return "";
  const columns = Object.keys(contestants).filter((name) => shownCells.some(({ cell }) => has(cell)(name)));
  const microseconds = (key) => {
    const measured = results.get(key);
    return measured ? shown(median(measured.map(({ perSecond }) => 1e6 / perSecond))) : "–";
  };
  return table(
    ["µs per call", ...columns.map((name) => contestants[name].title)],
    shownCells.map(({ cell, title }) => [title, ...columns.map((name) => microseconds(`${cell}/${name}`))]),
  );
}
