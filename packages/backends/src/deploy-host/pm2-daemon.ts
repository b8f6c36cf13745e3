import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithin, tailOf } from "../child-process.js";
import { runCommand } from "../run-command.js";
import { spawnServer } from "../spawn-server.js";

/** A pm2 daemon without apps, which the commands of others find by its variables. */
export interface RunningPm2Daemon {
  /** For everybody who is to talk to it. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder with the program `pm2`. */
  readonly programs: string;
  /** Everything that its apps printed. */
  printed(): Promise<string>;
  /** Stops every app, then itself. */
  stop(): Promise<void>;
}

const pm2 = dirname(createRequire(import.meta.url).resolve("pm2/package.json"));
const startTimeoutMs = 30_000;

/** Starts the daemon as our child, so that it ends with this process, which one that pm2 starts by itself does not. */
export async function startPm2Daemon(): Promise<RunningPm2Daemon> {
  // It makes its sockets there, and a socket's path is limited to 108 characters.
  const home = await mkdtemp(join(tmpdir().length > 50 ? "/tmp" : tmpdir(), "vastify-pm2-"));
  for (const folder of ["logs", "pids", "modules"]) await mkdir(join(home, folder));
  const env = { PM2_HOME: home, PM2_DISCRETE_MODE: "true" };
  const daemon = await spawnServer(process.execPath, [join(pm2, "lib/Daemon.js")], { ...process.env, ...env });
  const tail = tailOf(daemon);
  const deadline = AbortSignal.timeout(startTimeoutMs);
  while (!(await readdir(home)).includes("rpc.sock")) {
    if (daemon.exitCode !== null || deadline.aborted) throw new Error(`pm2's daemon did not start: ${tail()}`);
    await sleep(20);
  }
  return {
    env,
    programs: join(pm2, "../.bin"),
    async printed() {
      const logs = await readdir(join(home, "logs"));
      const texts = await Promise.all(logs.map((log) => readFile(join(home, "logs", log), "utf8")));
      return texts.join("\n");
    },
    async stop() {
      const signal = AbortSignal.timeout(60_000);
      await runCommand("env", [...pairs(env), process.execPath, join(pm2, "bin/pm2"), "kill"], { cwd: home, signal });
      daemon.kill("SIGTERM");
      await endWithin(daemon, 10_000);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** As arguments of the program `env`. */
export function pairs(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
