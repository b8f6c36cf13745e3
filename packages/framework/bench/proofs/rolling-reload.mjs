import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startLoad } from "./system/reload-load.mjs";

export const summary =
  "pm2 reload of every service in turn under load, by one gateway and by two: no request fails [--seconds N] [--rate 500] [--quick]";

const root = resolve(import.meta.dirname, "../../../..");
const workersEach = 2;
const startDeadlineMs = 120_000;
/** How long requests run before the first reload and after the last one. */
const settleMs = 2_000;

/** @param {string[]} args */
export async function run(args) {
  const options = { seconds: { type: "string" }, rate: { type: "string" }, quick: { type: "boolean" } };
  const { values } = parseArgs({ args, options });
  const rate = Number(values.rate ?? (values.quick ? 100 : 500));
  const seconds = Number(values.seconds ?? (values.quick ? 0 : 60));
  buildEverything();
  return withSystem(async (system) => {
    const [first, second] = system.gateways;
    const phases = {
      "one gateway": await underLoad(system, {
        gateways: [first],
        apps: ["config-server", "account-server", "gateway"],
        rate,
        seconds,
      }),
      "two gateways": await underLoad(system, {
        gateways: [first, second],
        apps: ["config-server", "account-server", "gateway", "gateway-b"],
        rate,
        seconds,
      }),
    };
    const ok = Object.values(phases).every(({ failed, replaced, workers }) => failed === 0 && replaced === workers);
    return { ok, rate, workersEach, phases };
  });
}

/** Reloads apps one after the other while requests run, for at least so many seconds. */
async function underLoad(system, { gateways, apps, rate, seconds }) {
  const name = gateways.length === 1 ? "one gateway" : `${gateways.length} gateways`;
  const before = await system.instances();
  const userIds = await system.userIds();
  const plan = (n) => {
    // One that must not be carried out twice, and that goes through a second service.
    if (n % 500 === 499) return { method: "POST", path: "/user/login", body: demoUser };
    return { path: ["/user?limit=5", `/user/${userIds[n % userIds.length]}`, "/config"][n % 3] };
  };
  const load = startLoad({ gateways, rate, plan });
  let figures;
  try {
    await sleep(settleMs);
    for (let round = 0; round === 0 || load.seconds < seconds; round++) {
      for (const app of apps) {
        const startedAt = performance.now();
        await system.reload(app);
        console.log(`${name}: ${app} reloaded in ${Math.round(performance.now() - startedAt)} ms`);
      }
    }
    await sleep(settleMs);
  } finally {
    figures = await load.stop();
  }
  const after = await system.instances();
  const gone = [...before].filter(([instance]) => !after.has(instance));
  const result = {
    ...figures,
    workers: apps.length * workersEach,
    replaced: gone.filter(([, app]) => apps.some((each) => each.startsWith(app))).length,
  };
  console.log(`${name}: ${JSON.stringify(result)}`);
  return result;
}

const demoUser = { name: "alice", password: "alice-demo-password" };

/** A Consul, a MongoDB, and the services of this repository under pm2, two workers each, with a second gateway. */
async function withSystem(use) {
  const { findFreePorts, startConsul, startMongoEngine, startPm2 } = await import("@vastify/backends");
  const stops = [];
  const interruption = interruptions();
  try {
    const consul = await startConsul();
    stops.push(() => consul.stop());
    const dir = await mkdtemp(join(tmpdir(), "vastify-reload-"));
    stops.push(() => rm(dir, { recursive: true, force: true }));
    const mongo = await startMongoEngine({ dir });
    stops.push(() => mongo.stop());
    const [configPort, accountPort, gatewayPort, otherGatewayPort] = await findFreePorts(4);
    const pm2 = await startPm2({
      file: fileURLToPath(new URL("system/reload.config.cjs", import.meta.url)),
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        CONSUL_HTTP_ADDR: consul.httpAddr,
        MONGODB_URI: mongo.uri.replace("/?", "/reload?"),
        LOG_LEVEL: "warn",
        CONFIG_SERVER_INSTANCES: String(workersEach),
        CONFIG_SERVER_HTTP_PORT: String(configPort),
        ACCOUNT_SERVER_INSTANCES: String(workersEach),
        ACCOUNT_SERVER_HTTP_PORT: String(accountPort),
        GATEWAY_INSTANCES: String(workersEach),
        GATEWAY_HTTP_PORT: String(gatewayPort),
        GATEWAY_B_HTTP_PORT: String(otherGatewayPort),
      },
    });
    stops.push(() => pm2.stop());
    const gateways = [gatewayPort, otherGatewayPort].map((port) => `http://127.0.0.1:${port}`);
    const system = {
      gateways,
      reload: pm2.reload,
      instances: () => instancesIn(consul.httpAddr),
      userIds: async () => (await (await fetch(`${gateways[0]}/user`)).json()).map(({ id }) => id),
    };
    try {
      const used = whenServing(system).then(() => use(system));
      return await Promise.race([used, interruption.happened]);
    } catch (error) {
      console.error((await pm2.printed()).slice(-4_000));
      throw error;
    }
  } finally {
    interruption.ignore();
    for (const stop of stops.reverse()) await stop();
  }
}

/** The instances alive, by id, with their targets. */
async function instancesIn(consulAddress) {
  const services = await (await fetch(`http://${consulAddress}/v1/agent/services`)).json();
  return new Map(Object.values(services).map(({ ID, Service }) => [ID, Service]));
}

async function whenServing(system) {
  const end = performance.now() + startDeadlineMs;
  const isOk = (url) =>
    fetch(url).then(
      async (response) => (await response.arrayBuffer()) && response.ok,
      () => false,
    );
  for (;;) {
    const urls = system.gateways.flatMap((gateway) => [`${gateway}/config`, `${gateway}/user?limit=1`]);
    const isServing = (await system.instances()).size === 4 * workersEach;
    if (isServing && (await Promise.all(urls.map(isOk))).every(Boolean)) return;
    if (performance.now() > end) throw new Error(`the services did not serve within ${startDeadlineMs} ms`);
    await sleep(200);
  }
}

function buildEverything() {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", root], {
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error("the build failed");
}

/** Ctrl+C, so that everything is stopped in order. */
function interruptions() {
  const signals = ["SIGINT", "SIGTERM"];
  let interrupt;
  const happened = new Promise((_, reject) => {
    interrupt = (signal) => reject(new Error(`ended by ${signal}`));
  });
  happened.catch(() => {});
  for (const signal of signals) process.once(signal, interrupt);
  return {
    happened,
    ignore() {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
