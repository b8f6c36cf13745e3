import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readProofArgs } from "./system/proof-args.mjs";
import { startLoad } from "./system/reload-load.mjs";

export const summary =
  "pm2 deploy to a host behind sshd under load: releases, a broken one, revert: no request fails [--releases 3] [--rate 200] [--quick]";

const vastify = resolve(import.meta.dirname, "../../bin/vastify.mjs");
const settleMs = 2_000;

/** @param {string[]} args */
export async function run(args) {
  const { releases, rate } = readProofArgs(args, {
    defaults: { releases: 3, rate: 200 },
    quick: { releases: 1, rate: 50 },
  });
  const backends = await import("@vastify/backends");
  const consul = await backends.startConsul();
  const host = await backends.startDeployHost({ sessionEnv: { CONSUL_HTTP_ADDR: consul.httpAddr } });
  try {
    const port = await backends.findFreePort();
    const origin = `http://127.0.0.1:${port}`;
    const deploy = async (expected, ...words) => {
      const startedAt = performance.now();
      const { exitCode, stdout, stderr } = await host.deploy(...words);
      if (exitCode !== expected) throw new Error(`pm2 deploy ${words} gave ${exitCode}:\n${stdout}${stderr}`);
      console.log(`pm2 deploy production ${words.join(" ")}: ${Math.round(performance.now() - startedAt)} ms`);
      return stdout + stderr;
    };
    const push = async (version, options) => {
      await host.write({ "shop.mjs": backends.shopProgram(version, options) });
      await host.push(`Release ${version}`);
    };
    const running = async () => (await (await fetch(`${origin}/version`)).json()).version;

    await host.write(backends.shopFiles(host.hosts, port));
    generate(host.clone);
    await push("1.0.0");
    await deploy(0, "setup");
    await deploy(0);

    const load = startLoad({ gateways: [origin], rate, plan: () => ({ path: "/version" }) });
    const seen = [];
    let why;
    let figures;
    try {
      await sleep(settleMs);
      for (let minor = 1; minor <= releases; minor++) {
        await push(`1.${minor}.0`);
        await deploy(0);
        seen.push(await running());
      }
      await push("2.0.0", { broken: 'throw new Error("the stock is gone");' });
      why = (await deploy(1)).split("\n").find((line) => line.includes("the stock is gone"));
      seen.push(await running());
      await deploy(0, "revert", "1");
      seen.push(await running());
      await sleep(settleMs);
    } finally {
      figures = await load.stop();
    }
    const newest = `1.${releases}.0`;
    const expected = [...Array.from({ length: releases }, (_, n) => `1.${n + 1}.0`), newest, `1.${releases - 1}.0`];
    const ok = figures.failed === 0 && why !== undefined && String(seen) === String(expected);
    return { ok, seen, why: why?.trim(), ...figures };
  } finally {
    await host.stop();
    await consul.stop();
  }
}

function generate(folder) {
  const { status, stderr } = spawnSync(process.execPath, [vastify, "generate"], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`vastify generate failed: ${stderr}`);
}
