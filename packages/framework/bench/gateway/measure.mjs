import { runRounds } from "../support/rounds.mjs";
import { median, shown } from "../support/stats.mjs";
import { table } from "../support/table.mjs";

const connections = 50;
/** How long each runs before the first round, so that nobody is measured before it is compiled. */
const warmUpSeconds = 3;
const file = (name) => new URL(name, import.meta.url);

/** Gateway and service are a process each, the load is a third; this one only asks them. */
const contestants = {
  vastify: { title: "vastify", file: "vastify.mjs", options: { guarded: false } },
  "vastify-guarded": { title: "vastify, guarded", file: "vastify.mjs", options: { guarded: true } },
  moleculer: { title: "moleculer-web", file: "moleculer.mjs" },
  nest: { title: "NestJS Fastify", file: "nest.mjs" },
  koa: { title: "(bare Koa)", file: "koa.mjs", hasNoHop: true },
  "node-http": { title: "(bare node:http)", file: "node-http.mjs", hasNoHop: true },
  "stack-2018": { title: "2018, Seneca HTTP", file: "stack-2018.mjs", options: { type: "http" } },
  "stack-2018-tcp": { title: "2018, Seneca TCP", file: "stack-2018.mjs", options: { type: "tcp" } },
};

/** @param {{ wants: (key: string) => boolean, rounds: number, quick: boolean, children: any, execArgvOf: any, progress: any }} options */
export async function measureGateways({ wants, rounds, quick, children, execArgvOf, progress }) {
  const tasks = Object.keys(contestants)
    .filter(wants)
    .map((key) => ({ key }));
  const client = children.start(file("load-child.mjs"));
  const running = new Map();
  progress("starting and warming up");
  for (const { key } of tasks) {
    running.set(key, startContestant(key, { client, children, execArgvOf }));
    await running.get(key).catch(() => {});
  }
  const seconds = quick ? 1 : 4;
  const measure = async ({ key }) => {
    const { gateway, address } = await running.get(key);
    await client.ask("load", { ...address, connections, seconds: seconds / 4 });
    const before = await gateway.ask("usage");
    const result = await client.ask("load", { ...address, connections, seconds });
    const after = await gateway.ask("usage");
    return { ...result, cpuUs: (after.cpuUs - before.cpuUs) / result.calls, rssMb: after.rssMb };
  };
  return runRounds(tasks, { rounds, measure, progress });
}

async function startContestant(key, { client, children, execArgvOf }) {
  const { file: name, options = {}, hasNoHop = false } = contestants[key];
  const start = (side) =>
    children.start(file("contestant-child.mjs"), { args: [name], execArgv: execArgvOf(`${key}-${side}`) });
  const server = hasNoHop ? undefined : await start("service").ask("startServer", options);
  const gateway = start("gateway");
  const address = await gateway.ask("startGateway", server);
  await client.ask("expectAnswer", address);
  await client.ask("load", { ...address, connections, seconds: warmUpSeconds });
  return { gateway, address };
}

const rows = {
  "requests/s": "perSecond",
  "p50 ms": "p50Ms",
  "p99 ms": "p99Ms",
  "gateway CPU µs": "cpuUs",
  "gateway RSS MB": "rssMb",
};

/** @param {Map<string, any[]>} results */
export function gatewaysTable(results) {
  const measured = Object.keys(contestants).filter((key) => results.has(key));
  const lines = measured.map((key) => [
    contestants[key].title,
    ...Object.values(rows).map((metric) => shown(median(results.get(key).map((result) => result[metric])))),
  ]);
  return lines.length > 0 ? table(["", ...Object.keys(rows)], lines) : "";
}
