import { execFile } from "node:child_process";

export interface CommandResult {
  /** Undefined when a signal ended it, or when it could not be started. */
  readonly exitCode: number | undefined;
  /** The program is not installed. */
  readonly isMissing: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. It rejects only when `signal` aborts; how the program ended is in the result. */
export function runCommand(
  file: string,
  args: readonly string[],
  { cwd, signal }: { cwd: string; signal: AbortSignal },
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
    execFile(file, [...args], { cwd, signal, env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (signal.aborted) return reject(signal.reason);
      const isMissing = error?.code === "ENOENT";
      const exitCode = error ? (typeof error.code === "number" ? error.code : undefined) : 0;
      resolve({ exitCode, isMissing, stdout, stderr });
    });
  });
}
