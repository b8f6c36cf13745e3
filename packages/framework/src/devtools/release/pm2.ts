import { execFile } from "node:child_process";
import { VastifyError } from "../../core/index.js";

const longestMs = 10 * 60_000;

/**
 * Runs the pm2 on PATH, and gives what it printed.
 * @throws VastifyError `failed_precondition`, reason `pm2_failed`
 */
export function pm2(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: longestMs, maxBuffer: 64 * 1024 * 1024 };
    execFile("pm2", [...args], options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const why = error.code === "ENOENT" ? "there is no pm2 on PATH" : (stderr || stdout || error.message).trim();
      const message = `pm2 ${args.join(" ")} failed: ${why}`;
      reject(new VastifyError("failed_precondition", message, { reason: "pm2_failed" }));
    });
  });
}

/** A process that pm2 keeps. */
export interface Kept {
  readonly app: string;
  readonly isOnline: boolean;
  readonly isCluster: boolean;
}

export async function keptProcesses(): Promise<readonly Kept[]> {
  const listed = JSON.parse(lastLine(await pm2("jlist"))) as {
    name: string;
    pm2_env: { status: string; exec_mode: string };
  }[];
  return listed.map(({ name, pm2_env: { status, exec_mode } }) => ({
    app: name,
    isOnline: status === "online",
    isCluster: exec_mode === "cluster_mode",
  }));
}

/** pm2 may say something first, e.g. that it has just started its daemon. */
function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
