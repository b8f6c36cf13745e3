import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { findOnPath } from "./consul-binary.js";

/**
 * Starts a server's program so that it ends with this process, and not by Ctrl-C at a terminal: it has a process group
 * of its own, since a registry or a cache must not end before the services have left it.
 */
export async function spawnServer(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd = tmpdir(),
): Promise<ChildProcess> {
  // Where setpriv exists the kernel ends the server with us, even when we are killed.
  const setpriv = await findOnPath("setpriv");
  const command = setpriv ? [setpriv, "--pdeathsig", "KILL", program, ...args] : [program, ...args];
  const child = spawn(command[0] as string, command.slice(1), {
    cwd,
    detached: true,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.on("error", () => {});
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);
  child.once("exit", () => process.off("exit", killAtExit));
  return child;
}
