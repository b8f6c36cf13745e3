import { fork } from "node:child_process";
import { once } from "node:events";
import { chooseFigures } from "./support/chosen-figures.mjs";
import { runRounds } from "./support/rounds.mjs";
import { median, shown } from "./support/stats.mjs";
import { table } from "./support/table.mjs";

export const summary =
  "a minimal service from its process's start until it serves, its CPU time and memory, beside Moleculer and NestJS";

/** @type {import("./support/figures.mjs").Figure[]} */
const figures = [
  { name: "start-vs-nest", must: "<= 1", metric: "startMs", pairs: [{ over: ["vastify"], under: ["nest"] }] },
  { name: "rss-vs-moleculer", must: "<= 1.1", metric: "rssMb", pairs: [{ over: ["vastify"], under: ["moleculer"] }] },
];
export const figureNames = figures.map(({ name }) => name);

/** Each is a process that says so as soon as it serves; vastify's is registered in Consul by then. */
const contestants = { vastify: "vastify", nest: "NestJS TCP", moleculer: "Moleculer TCP", node: "(bare node:net)" };
const settleMs = 500;

/** @param {Parameters<typeof import("./calls.mjs").run>[0]} options */
export async function run(options) {
  const { rounds, quick, progress, print } = options;
  const { wants, report } = chooseFigures(figures, options);
  const tasks = Object.keys(contestants)
    .map((name) => ({ key: name, name }))
    .filter(({ key }) => wants(key));
  const { startConsul } = await import("@vastify/backends");
  const consul = await startConsul();
  try {
    const measure = ({ name }) => startOnce(name, consul.httpAddr);
    // Their files are read from the disk once before anybody is measured.
    for (const task of tasks) await measure(task);
    const { results, failures } = await runRounds(tasks, {
      rounds: quick ? Math.min(rounds, 3) : rounds,
      measure,
      progress,
    });
    print(`\n${startTable(results)}`);
    for (const [key, why] of failures) print(`${key} was not measured: ${why}`);
    return report(results);
  } finally {
    await consul.stop();
  }
}

async function startOnce(name, consul) {
  const startedAt = performance.now();
  const child = fork(new URL(`startup/${name}-child.mjs`, import.meta.url), [consul], {
    stdio: ["ignore", "ignore", 2, "ipc"],
  });
  const exited = once(child, "exit");
  try {
    const [cpuMs] = await Promise.race([
      once(child, "message"),
      exited.then(([code]) => {
        throw new Error(`it ended with code ${code}`);
      }),
    ]);
    const startMs = performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    child.send("rss");
    const [rss] = await once(child, "message");
    return { startMs, cpuMs, rssMb: rss / 2 ** 20 };
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

/** @param {Map<string, any[]>} results */
function startTable(results) {
  const of = (name, metric) => shown(median((results.get(name) ?? []).map((result) => result[metric])));
  return table(
    ["", "start ms", "CPU ms", "RSS MB"],
    Object.entries(contestants)
      .filter(([name]) => results.has(name))
      .map(([name, title]) => [title, of(name, "startMs"), of(name, "cpuMs"), of(name, "rssMb")]),
  );
}
