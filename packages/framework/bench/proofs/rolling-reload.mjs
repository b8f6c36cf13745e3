import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startLoad } from "./system/reload-load.mjs";
import { withReloadSystem } from "./system/reload-system.mjs";

export const summary =
  "pm2 reload of every service in turn under load, by one gateway and by two: no request fails [--seconds N] [--rate 500] [--quick]";

const root = resolve(import.meta.dirname, "../../../..");
/** How long requests run before the first reload and after the last one. */
const settleMs = 2_000;
const services = ["config-server", "account-server"];
const phases = [
  { name: "one gateway", gateways: ["gateway"], apps: [...services, "gateway"] },
  { name: "two gateways", gateways: ["gateway", "gateway-b"], apps: [...services, "gateway", "gateway-b"] },
  // Here a gateway is away for a while, and only its /health says so in time.
  { name: "two gateways of one process each", gateways: ["gateway-c", "gateway-d"], apps: ["gateway-c", "gateway-d"] },
];

/** @param {string[]} args */
export async function run(args) {
  const options = { seconds: { type: "string" }, rate: { type: "string" }, quick: { type: "boolean" } };
  const { values } = parseArgs({ args, options });
  const rate = Number(values.rate ?? (values.quick ? 100 : 500));
  const seconds = Number(values.seconds ?? (values.quick ? 0 : 60));
  buildEverything();
  return withReloadSystem(async (system) => {
    const figures = {};
    for (const { name, ...phase } of phases) {
      const say = (text) => console.log(`${name}: ${text}`);
      figures[name] = await underLoad(system, { ...phase, rate, seconds, say });
      say(JSON.stringify(figures[name]));
    }
    const ok = Object.values(figures).every(({ failed, left, workers }) => failed === 0 && left === workers);
    return { ok, rate, figures };
  });
}

/** Reloads apps one after the other while requests run, for at least so many seconds. */
async function underLoad(system, { gateways, apps, rate, seconds, say }) {
  const before = await system.instances();
  const users = await system.users();
  const plan = (n) => {
    const { id, name } = users[n % users.length];
    // A write, which is not tried again once it may have been carried out.
    if (n % 10 === 9) return { method: "PUT", path: `/user/${id}`, body: { name } };
    return { path: ["/user?limit=5", `/user/${id}`, "/config"][n % 3] };
  };
  const load = startLoad({ gateways: gateways.map(system.urlOf), rate, plan });
  let figures;
  try {
    await sleep(settleMs);
    for (let round = 0; round === 0 || load.seconds < seconds; round++) {
      for (const app of apps) {
        const startedAt = performance.now();
        await system.reload(app);
        say(`${app} reloaded in ${Math.round(performance.now() - startedAt)} ms`);
      }
    }
    await sleep(settleMs);
  } finally {
    figures = await load.stop();
  }
  const after = await system.instances();
  const left = [...before].filter((instance) => !after.has(instance)).length;
  return { ...figures, workers: system.workersOf(apps), left };
}

function buildEverything() {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("the build failed");
}
