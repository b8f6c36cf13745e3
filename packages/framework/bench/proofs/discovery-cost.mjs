import { setTimeout as sleep } from "node:timers/promises";
import { table } from "../support/table.mjs";
import { until } from "../support/until.mjs";
import { startConsulProxy } from "./system/consul-proxy.mjs";
import { startLoad } from "./system/load.mjs";
import { processFigures } from "./system/process-figures.mjs";
import { readProofArgs } from "./system/proof-args.mjs";
import { withSystem } from "./system/system.mjs";

export const summary =
  "what following Consul costs at 10, 100, 1,000 instances of 50 targets, or more [--seconds N] [--most 10000] [--quick]";

const choices = { defaults: { seconds: 60, most: 1_000 }, quick: { seconds: 15, most: 100 } };
const sizes = [10, 100, 1_000, 10_000];
const targetCount = 50;
const usedByService = 3;
/** The proof's own services are targets too, and a gateway follows every target. */
const ownTargets = 3;
/** Beside a query for each target: the list of services, and the settings in KV. */
const furtherQueries = 2;
/** A query waits for at least so long when nothing happens; what a registration asks comes to less than one in 2 s. */
const leastWaitSeconds = 10;
const mostOfRegistration = 0.5;
/** A change is seen by the list of services and by its target's query, and may take a second look. */
const mostPerChange = 4;

const targetOf = (n) => `target-${n % targetCount}`;
const idOf = (n) => `${targetOf(n)}@by-hand-${n}`;

/** @param {string[]} args */
export async function run(args) {
  const { seconds, most } = readProofArgs(args, choices);
  const rows = [];
  for (const instances of sizes.filter((size) => size <= most)) {
    console.log(`${instances} instances: idle for ${seconds} s, then ${seconds} s with one change a second`);
    rows.push(...(await withSystem({}, (system) => measureSize(system, instances, seconds))));
  }
  console.log(curve(rows));
  const tooMuch = rows.filter(({ openQueries, mayOpen, queriesPerSecond, mayAskPerSecond }) => {
    return openQueries > mayOpen || queriesPerSecond > mayAskPerSecond;
  });
  return { ok: tooMuch.length === 0, tooMuch, rows };
}

/** Both followers beside each other, on one Consul. */
async function measureSize(system, instances, seconds) {
  const { port } = await system.startService({ options: { name: "answering" } });
  const register = (n) =>
    system.api.register({ id: idOf(n), target: targetOf(n), version: "1.0.0", microservicePort: port });
  for (let n = 0; n < instances; n++) await register(n);

  const gateway = await startFollower(system, "gateway", Math.min(instances, targetCount) + ownTargets);
  const service = await startFollower(system, "service", usedByService);
  for (let n = 0; n < usedByService; n++) await callOne(service, targetOf(n));
  const followers = [gateway, service];
  for (const one of followers)
    await until(() => one.proxy.open() >= one.targets, `the ${one.name} follows its targets`);
  // What starting costs is not what following costs.
  await sleep(3_000);

  const idle = await measure(followers, { instances, seconds, changesPerSecond: 0, consul: system.consul });
  const changes = startLoad({
    perSecond: 1,
    async send(n) {
      const changed = Math.floor(n / 2) % instances;
      await (n % 2 === 0 ? system.api.deregister(idOf(changed)) : register(changed));
      return {};
    },
  });
  const busy = await measure(followers, { instances, seconds, changesPerSecond: 1, consul: system.consul });
  await changes.stop();
  for (const { proxy } of followers) proxy.close();
  return [...idle, ...busy];
}

async function startFollower(system, name, targets) {
  const proxy = await startConsulProxy(system.consul.httpAddr);
  const options = { consul: { address: proxy.address } };
  const child = await (name === "gateway" ? system.startGateway({ options }) : system.startCaller({ options }));
  return { name, proxy, child, targets };
}

async function callOne({ child }, target) {
  const { error } = await child.ask("call", { message: { $$target: target, role: "work", cmd: "read" } });
  if (error) throw new Error(`the call to ${target} failed: ${error}`);
}

async function measure(followers, { instances, seconds, changesPerSecond, consul }) {
  const look = ({ proxy, child }) => ({ ...processFigures(child.pid), asked: proxy.total() });
  const before = followers.map(look);
  const consulBefore = processFigures(consul.pid).cpuSeconds;
  const mostOpen = followers.map(() => 0);
  const endAt = performance.now() + seconds * 1_000;
  while (performance.now() < endAt) {
    for (const [at, { proxy }] of followers.entries()) mostOpen[at] = Math.max(mostOpen[at], proxy.open());
    await sleep(250);
  }
  const consulCpu = perMinute(processFigures(consul.pid).cpuSeconds - consulBefore, seconds);
  return followers.map((follower, at) => {
    const after = look(follower);
    const queries = follower.targets + furtherQueries;
    return {
      instances,
      follower: follower.name,
      targets: follower.targets,
      changesPerSecond,
      cpuSecondsPerMinute: perMinute(after.cpuSeconds - before[at].cpuSeconds, seconds),
      consulCpuSecondsPerMinute: consulCpu,
      queriesPerSecond: Number(((after.asked - before[at].asked) / seconds).toFixed(2)),
      mayAskPerSecond: mayAskPerSecond(queries, seconds) + changesPerSecond * mostPerChange,
      openQueries: mostOpen[at],
      mayOpen: queries,
      sockets: after.sockets,
      rssMb: Number(after.rssMb.toFixed(0)),
    };
  });
}

/** Queries that began together end together, so a short look may see one round more than the average. */
function mayAskPerSecond(queries, seconds) {
  const rounds = Math.floor(seconds / leastWaitSeconds) + 1;
  return Number(((queries * rounds) / seconds + mostOfRegistration).toFixed(2));
}

function perMinute(amount, seconds) {
  return Number(((amount / seconds) * 60).toFixed(2));
}

function curve(rows) {
  const head = [
    "follower",
    "targets",
    "instances",
    "changes/s",
    "CPU s/min",
    "queries/s",
    "open",
    "sockets",
    "RSS MB",
    "Consul CPU s/min",
  ];
  return table(
    head,
    rows.map((row) => [
      row.follower,
      ...[row.targets, row.instances, row.changesPerSecond, row.cpuSecondsPerMinute, row.queriesPerSecond].map(String),
      ...[row.openQueries, row.sockets, row.rssMb, row.consulCpuSecondsPerMinute].map(String),
    ]),
  );
}
