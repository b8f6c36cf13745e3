import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const pm2 = join(createRequire(import.meta.url).resolve("pm2/package.json"), "../bin/pm2");
const longestCommandMs = 120_000;

/**
 * A pm2 with a home of its own, which runs the apps of a file. It is the pm2 of its command line, daemon included, but
 * the daemon is our child: it ends with us, and its workers with it.
 * @param {{ file: string, env: Record<string, string | undefined> }} options
 */
export async function startPm2({ file, env }) {
  // Its sockets are there, and a socket's path is limited to 108 characters.
  const home = await mkdtemp(join(tmpdir().length > 50 ? "/tmp" : tmpdir(), "vastify-pm2-"));
  const pm2Env = { ...env, PM2_HOME: home, PM2_DISCRETE_MODE: "true" };
  const logFile = join(home, "printed.log");
  const log = await open(logFile, "a");
  const command = [process.execPath, pm2, "start", file, "--no-daemon"];
  const [program, ...args] = existsSync("/usr/bin/setpriv") ? ["setpriv", "--pdeathsig", "KILL", ...command] : command;
  const daemon = spawn(program, args, { env: pm2Env, stdio: ["ignore", log.fd, log.fd], detached: true });
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  const killAtExit = () => daemon.kill("SIGKILL");
  process.once("exit", killAtExit);

  const run = (...words) =>
    promisify(execFile)(process.execPath, [pm2, ...words], { env: pm2Env, timeout: longestCommandMs });
  return {
    /** Resolves once every worker of the app has a successor and has left. */
    reload: (app) => run("reload", app),
    printed: () => readFile(logFile, "utf8"),
    async stop() {
      await run("kill").catch(() => {});
      daemon.kill("SIGTERM");
      await ended;
      process.off("exit", killAtExit);
      await log.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
