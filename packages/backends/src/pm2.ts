import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { endWithin } from "./child-process.js";
import { findOnPath } from "./consul-binary.js";

export interface Pm2Options {
  /** The ecosystem file. */
  file: string;
  /** The one app of the file that is started. @default all of them */
  only?: string;
  /** The apps' whole environment. */
  env: Readonly<Record<string, string | undefined>>;
}

/** The pm2 of its command line, with a home and a daemon of its own. */
export interface RunningPm2 {
  /** Resolves once each worker of the app has a successor and has left. */
  reload(app: string): Promise<void>;
  /** Everything that pm2 and its apps printed. */
  printed(): Promise<string>;
  /** Stops every app, then the daemon. */
  stop(): Promise<void>;
}

const longestCommandMs = 120_000;
const stopDeadlineMs = 10_000;

/**
 * Starts the apps of an ecosystem file, without waiting for them. The daemon is our child, and ends with this process;
 * a cluster's workers end with the daemon.
 */
export async function startPm2({ file, only, env }: Pm2Options): Promise<RunningPm2> {
  const pm2 = join(createRequire(import.meta.url).resolve("pm2/package.json"), "../bin/pm2");
  // It makes its sockets there, and a socket's path is limited to 108 characters.
  const home = await mkdtemp(join(tmpdir().length > 50 ? "/tmp" : tmpdir(), "vastify-pm2-"));
  const pm2Env = { ...env, PM2_HOME: home, PM2_DISCRETE_MODE: "true" };
  const logFile = join(home, "printed.log");
  const log = await open(logFile, "a");
  // Where setpriv exists the kernel ends the daemon with us, even when we are killed.
  const setpriv = await findOnPath("setpriv");
  const [program, ...args] = [
    ...(setpriv ? [setpriv, "--pdeathsig", "KILL"] : []),
    ...[process.execPath, pm2, "start", file, "--no-daemon", ...(only === undefined ? [] : ["--only", only])],
  ] as [string, ...string[]];
  // A process group of its own: Ctrl+C at a terminal is for us to pass on.
  const daemon = spawn(program, args, { env: pm2Env, stdio: ["ignore", log.fd, log.fd], detached: true });
  const commands = new Set<ChildProcess>();
  const killCommands = () => {
    for (const command of commands) command.kill("SIGKILL");
  };
  const killAtExit = () => {
    killCommands();
    daemon.kill("SIGKILL");
  };
  process.once("exit", killAtExit);

  async function run(...words: string[]): Promise<void> {
    const running = promisify(execFile)(process.execPath, [pm2, ...words], { env: pm2Env, timeout: longestCommandMs });
    commands.add(running.child);
    await running.finally(() => commands.delete(running.child));
  }

  return {
    reload: (app) => run("reload", app),
    printed: () => readFile(logFile, "utf8"),
    async stop() {
      // One that still waits for its answer would start a daemon anew.
      killCommands();
      await run("kill").catch(() => {});
      daemon.kill("SIGTERM");
      await endWithin(daemon, stopDeadlineMs);
      process.off("exit", killAtExit);
      await log.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
