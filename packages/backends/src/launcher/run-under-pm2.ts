import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VastifyError } from "vastify";
import { endWithin, tailOf, whenEnded } from "../child-process.js";
import type { Pm2Message, Pm2Order } from "./pm2-messages.js";

export interface RunUnderPm2Options {
  ecosystemFile: string;
  /** The services' whole environment. */
  env: Readonly<Record<string, string | undefined>>;
  onLine(text: string): void;
  /** A service ended although nobody asked it to; pm2 starts it again. */
  onServiceEnded(service: string, code: number): void;
  /** pm2 could not start a service, or pm2 itself ended. */
  onFailure(error: VastifyError): void;
}

/** Services under a pm2 of their own, which ends with this process. */
export interface Pm2Run {
  /** Resolves once every service has left and pm2 has ended. */
  stop(): Promise<void>;
  /** While stopping: waits for no service any longer. */
  hurry(): void;
}

// Longer than the `kill_timeout` of ecosystem.config.js.
const stopDeadlineMs = 30_000;

/** Runs the services of an ecosystem file in the background. pm2's home is a folder of its own, gone afterwards. */
export async function runUnderPm2(options: RunUnderPm2Options): Promise<Pm2Run> {
  // pm2 makes its sockets there, and a socket's path is limited to 108 characters.
  const home = await mkdtemp(join(tmpdir().length > 50 ? "/tmp" : tmpdir(), "vastify-pm2-"));
  let pids: readonly number[] = [];
  let isStopping = false;
  // A process group of its own: Ctrl+C at a terminal must reach the services only as our request to leave.
  const child = spawn(process.execPath, [join(import.meta.dirname, "pm2-process.js"), options.ecosystemFile], {
    env: { ...options.env, PM2_HOME: home, PM2_DISCRETE_MODE: "true", PM2_CONCURRENT_ACTIONS: "8" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.on("error", () => {});
  const tail = tailOf(child);
  const order = (text: Pm2Order) => {
    if (child.connected) child.send(text, () => {});
  };
  child.on("message", (message: Pm2Message) => {
    switch (message.kind) {
      case "line":
        return options.onLine(message.text);
      case "processes":
        pids = message.pids;
        return;
      case "ended":
        if (!isStopping) options.onServiceEnded(message.service, message.code);
        return;
      case "started":
        if (message.problem !== undefined)
          options.onFailure(pm2Failed(`pm2 did not start the services: ${message.problem}`));
        return;
    }
  });
  const ended = whenEnded(child).then(async () => {
    // When pm2 did not end in order, nobody else would end its services now.
    if (child.exitCode !== 0) for (const pid of pids) killIfAlive(pid);
    await rm(home, { recursive: true, force: true });
    if (!isStopping) options.onFailure(pm2Failed(`pm2 ended by itself\n${tail()}`.trim()));
  });
  return {
    async stop() {
      isStopping = true;
      order("stop");
      await endWithin(child, stopDeadlineMs);
      await ended;
    },
    hurry: () => order("kill"),
  };
}

function pm2Failed(message: string): VastifyError {
  return new VastifyError("unavailable", message, { reason: "pm2_failed" });
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
