import { runRounds, tasksOf } from "../support/rounds.mjs";
import { median, shown } from "../support/stats.mjs";
import { table } from "../support/table.mjs";
import { patternsArgv } from "./patterns.mjs";

/** How long each pair runs before the first round, so that nobody is measured before it is compiled. */
const warmUpSeconds = 1.5;
const child = new URL("across-child.mjs", import.meta.url);

/** Client and server are a process each; this one only asks them. */
const contestants = {
  vastify: { title: "vastify", file: "vastify.mjs" },
  nest: { title: "NestJS TCP", file: "nest.mjs" },
  moleculer: { title: "Moleculer TCP", file: "moleculer.mjs" },
  "seneca-http": { title: "Seneca HTTP", file: "seneca.mjs", options: { type: "http" } },
  "seneca-tcp": { title: "Seneca TCP", file: "seneca.mjs", options: { type: "tcp" } },
  "socket-frames": { title: "(bare frames)", file: "socket-frames.mjs" },
  "socket-lines": { title: "(bare lines)", file: "socket-lines.mjs" },
  undici: { title: "(undici HTTP)", file: "undici.mjs" },
  "vastify-few": { file: "vastify.mjs", options: { patterns: 10, instances: 2 }, argv: patternsArgv },
  "vastify-many": { file: "vastify.mjs", options: { patterns: 10_000, instances: 1_000 }, argv: patternsArgv },
};
// Those whose figures are divided by each other are neighbours.
const everyone = [
  "socket-frames",
  "vastify",
  "nest",
  "moleculer",
  "seneca-http",
  "seneca-tcp",
  "socket-lines",
  "undici",
];

const calls = [1, 64, 512].flatMap((concurrency) =>
  ["100B", "10KB"].map((payload) => ({
    cell: callKey(concurrency, payload),
    concurrency,
    payload,
    by: everyone,
  })),
);
const cells = [
  ...calls,
  {
    cell: "patterns-call",
    concurrency: 64,
    payload: "100B",
    by: ["vastify-few", "vastify-many"],
    // As in one process.
    turns: 3,
    isFresh: true,
  },
];

export function callKey(concurrency, payload) {
  return `call-c${concurrency}-${payload}`;
}

/**
 * Calls from one process to another.
 * @param {Parameters<typeof import("./local.mjs").measureLocal>[0]} options
 */
export async function measureAcross({ wants, rounds, quick, children, execArgvOf, progress }) {
  const tasks = tasksOf(cells, wants);
  if (tasks.length === 0) return { results: new Map(), failures: new Map(), wire: new Map() };
  progress("calls between processes: starting");
  const running = new Map();
  const lasting = tasks.filter(({ isFresh }) => !isFresh);
  for (const name of new Set(lasting.map((task) => task.name))) {
    running.set(name, startPair(name, { children, execArgvOf }));
    await running.get(name).catch(() => {});
  }
  const seconds = quick ? 0.3 : 1;
  const measure = async ({ name, concurrency, payload, isFresh }) => {
    const pair = await (isFresh ? startPair(name, { children, execArgvOf }) : running.get(name));
    const { client, server } = pair;
    if (isFresh) await warmUp(pair);
    const before = await server.ask("usage");
    const result = await client.ask("measure", { concurrency, payload, seconds, leadSeconds: seconds / 5 });
    const after = await server.ask("usage");
    if (isFresh) await Promise.all([client.stop(), server.stop()]);
    const serverCpuUs = (after.cpuUs - before.cpuUs) / result.callsInAll;
    return { ...result, serverCpuUs, serverRssMb: after.rssMb };
  };
  progress("calls between processes: warming up");
  for (const pair of running.values()) await pair.then(warmUp).catch(() => {});
  const report = (text) => progress(`calls between processes: ${text}`);
  const { results, failures } = await runRounds(tasks, { rounds, measure, progress: report });
  const wire = new Map();
  for (const { name, payload, key } of lasting) {
    const id = `${payload}/${name}`;
    if (wire.has(id) || failures.has(key)) continue;
    const { client } = await running.get(name);
    wire.set(id, await client.ask("wire", { payload, seconds: seconds / 3 }).catch(() => undefined));
  }
  await children.stopAll();
  return { results, failures, wire };
}

function warmUp({ client }) {
  return client.ask("measure", { concurrency: 64, payload: "100B", seconds: warmUpSeconds, leadSeconds: 0 });
}

async function startPair(name, { children, execArgvOf }) {
  const { file, options = {}, argv = [] } = contestants[name];
  const args = [file, JSON.stringify(options)];
  const server = children.start(child, { args, execArgv: [...argv, ...execArgvOf(`${name}-server`)] });
  const address = await server.ask("startServer");
  const client = children.start(child, { args, execArgv: [...argv, ...execArgvOf(`${name}-client`)] });
  await client.ask("connect", address);
  return { client, server };
}

const rows = [
  { title: "calls/s", metric: "perSecond" },
  { title: "p50 ms", metric: "p50Ms" },
  { title: "p99 ms", metric: "p99Ms" },
  { title: "client CPU µs", metric: "clientCpuUs" },
  { title: "server CPU µs", metric: "serverCpuUs" },
];

/** @param {Awaited<ReturnType<typeof measureAcross>>} outcome */
export function acrossTable({ results, wire }) {
  const columns = Object.keys(contestants).filter((name) => calls.some(({ cell }) => results.has(`${cell}/${name}`)));
  const cellOf = (cell, metric) => (name) => {
    const measured = results.get(`${cell}/${name}`);
    return measured ? shown(median(measured.map((result) => result[metric]))) : "–";
  };
  const measuredCells = calls.filter(({ cell }) => columns.some((name) => results.has(`${cell}/${name}`)));
  if (measuredCells.length === 0) return "";
  const lines = measuredCells.flatMap(({ cell, concurrency, payload }) =>
    rows.map(({ title, metric }, index) => [
      `${(index === 0 ? `c=${concurrency} ${payload}` : "").padEnd(12)}${title}`,
      ...columns.map(cellOf(cell, metric)),
    ]),
  );
  for (const payload of new Set(measuredCells.map((cell) => cell.payload))) {
    const bytes = columns.map((name) => shown(wire.get(`${payload}/${name}`)));
    lines.push([`${payload.padEnd(12)}bytes on the wire`, ...bytes]);
  }
  const busiest = measuredCells.findLast(({ concurrency }) => concurrency === 64) ?? measuredCells[0];
  lines.push([`${"".padEnd(12)}server RSS MB`, ...columns.map(cellOf(busiest.cell, "serverRssMb"))]);
  return table(["", ...columns.map((name) => contestants[name].title)], lines);
}
