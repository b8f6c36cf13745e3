import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const workersEach = 2;
const gateways = ["gateway", "gateway-b", "gateway-c", "gateway-d"];
const startDeadlineMs = 120_000;

/** How many processes each app of reload.config.cjs has. */
const workers = {
  ...{ "config-server": workersEach, "account-server": workersEach, gateway: workersEach, "gateway-b": workersEach },
  ...{ "gateway-c": 1, "gateway-d": 1 },
};

/** Runs the services of reload.config.cjs under a pm2 of their own, with a Consul and a MongoDB, while `use` runs. */
export async function withReloadSystem(use) {
  const backends = await import("@vastify/backends");
  const stops = [];
  const interruption = interruptions();
  try {
    const consul = await backends.startConsul();
    stops.push(() => consul.stop());
    const dir = await mkdtemp(join(tmpdir(), "vastify-reload-"));
    stops.push(() => rm(dir, { recursive: true, force: true }));
    const mongo = await backends.startMongoEngine({ dir });
    stops.push(() => mongo.stop());
    const [configPort, accountPort, ...gatewayPorts] = await backends.findFreePorts(2 + gateways.length);
    const pm2 = await backends.startPm2({
      file: fileURLToPath(new URL("reload.config.cjs", import.meta.url)),
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
        ...Object.fromEntries(gateways.map((name, index) => [variableOf(name), String(gatewayPorts[index])])),
      },
    });
    stops.push(() => pm2.stop());
    const urlOf = (gateway) => `http://127.0.0.1:${gatewayPorts[gateways.indexOf(gateway)]}`;
    const system = {
      urlOf,
      reload: pm2.reload,
      workersOf: (apps) => apps.reduce((sum, app) => sum + workers[app], 0),
      /** The ids in Consul. */
      instances: async () => new Set(Object.keys(await getJson(`http://${consul.httpAddr}/v1/agent/services`))),
      users: () => getJson(`${urlOf("gateway")}/user`),
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

function variableOf(gateway) {
  return `${gateway.toUpperCase().replaceAll("-", "_")}_HTTP_PORT`;
}

async function getJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

async function whenServing(system) {
  const end = performance.now() + startDeadlineMs;
  const urls = gateways.flatMap((gateway) => [
    `${system.urlOf(gateway)}/config`,
    `${system.urlOf(gateway)}/user?limit=1`,
  ]);
  const expected = system.workersOf(Object.keys(workers));
  for (;;) {
    const isRegistered = (await system.instances()).size === expected;
    if (isRegistered && (await Promise.allSettled(urls.map(getJson))).every(({ status }) => status === "fulfilled"))
      return;
    if (performance.now() > end) throw new Error(`the services did not serve within ${startDeadlineMs} ms`);
    await sleep(200);
  }
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
