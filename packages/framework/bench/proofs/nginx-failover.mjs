import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/until.mjs";
import { readProofArgs } from "./system/proof-args.mjs";
import { startLoad } from "./system/reload-load.mjs";
import { withSystem } from "./system/system.mjs";

export const summary =
  "SIGKILL of gateways behind nginx under load, which vastify nginx --watch follows: no request fails [--seconds N] [--every N] [--rate N] [--quick]";

const choices = { defaults: { seconds: 60, every: 6, rate: 200 }, quick: { seconds: 10, every: 5, rate: 100 } };
const vastify = resolve(import.meta.dirname, "../../bin/vastify.mjs");

/** @param {string[]} args */
export async function run(args) {
  const { seconds, every, rate } = readProofArgs(args, choices);
  const { startNginx, findFreePort } = await import("@vastify/backends");
  const nginx = await startNginx();
  try {
    return await withSystem({}, async (system) => {
      await Promise.all([system.startService(), system.startService()]);
      const gateways = await Promise.all([system.startGateway(), system.startGateway()]);
      const port = await findFreePort();
      const watcher = await startWatcher(system, nginx, port);
      try {
        const origin = `http://127.0.0.1:${port}`;
        await until(async () => (await fetch(`${origin}/work/read`)).ok, "nginx serves");
        const load = startLoad({ gateways: [origin], rate, resends: true, plan: () => ({ path: "/work/read" }) });
        let kills = 0;
        let figures;
        try {
          while (load.seconds < seconds) {
            await sleep((every * 1000) / 2);
            await gateways.shift().kill();
            kills += 1;
            const another = await system.startGateway();
            gateways.push(another);
            const isListed = async () => (await readFile(watcher.site, "utf8")).includes(new URL(another.url).host);
            await until(isListed, "nginx knows the new gateway");
            console.log(`killed one of two gateways and started another, ${kills} times`);
            await sleep((every * 1000) / 2);
          }
        } finally {
          figures = await load.stop();
        }
        return { ok: figures.failed === 0, kills, reloads: watcher.reloads(), ...figures };
      } finally {
        await watcher.stop();
      }
    });
  } finally {
    await nginx.stop();
  }
}

async function startWatcher({ consul, folder }, nginx, port) {
  const site = join(nginx.sites, "work.conf");
  const manifest = join(folder, "vastify.config.json");
  const edge = { entry: "main.js", version: "1.0.0", httpPort: 3000 };
  const system = { name: "work", services: { edge }, edge: { service: "edge", httpPort: port } };
  await writeFile(manifest, JSON.stringify(system));
  const args = ["nginx", site, "--watch", "--config", manifest, "--nginx", nginx.command];
  const child = spawn(process.execPath, [vastify, ...args], {
    env: { ...process.env, CONSUL_HTTP_ADDR: consul.httpAddr },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let reloads = 0;
  child.stdout.setEncoding("utf8").on("data", (text) => {
    reloads += text.split("\n").length - 1;
  });
  const ended = once(child, "exit");
  return {
    site,
    reloads: () => reloads,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
