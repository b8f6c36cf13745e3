import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves once the process has ended, whoever ended it. */
export async function whenEnded(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) await once(child, "exit");
}

/** Waits for the process to end after it was asked to, and kills it when `deadlineMs` has passed. */
export async function endWithin(child: ChildProcess, deadlineMs: number): Promise<void> {
  const ended = whenEnded(child);
  const late = new AbortController();
  const killLate = sleep(deadlineMs, undefined, { signal: late.signal }).then(
    () => child.kill("SIGKILL"),
    () => {},
  );
  await ended;
  late.abort();
  await killLate;
}

/** Collects the last lines that a process printed, for error messages. */
export function tailOf(child: ChildProcess, maxLines = 20): () => string {
  let text = "";
  const keep = (chunk: string) => {
    text = (text + chunk)
      .split("\n")
      .slice(-maxLines - 1)
      .join("\n");
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", keep);
  return () => text.trim();
}
