// The process that hosts pm2 without a daemon, started by run-under-pm2.ts: `node pm2-process.js ECOSYSTEM_FILE`.
// Its environment is the services' environment, with PM2_HOME naming a folder of its own.
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Pm2Message, Pm2Order } from "./pm2-messages.js";

// pm2's own declarations leave out what its bus sends.
interface Pm2 {
  connect(noDaemon: boolean, done: (error: unknown) => void): void;
  start(file: string, done: (error: unknown) => void): void;
  delete(name: string, done: (error: unknown) => void): void;
  list(done: (error: unknown, processes?: readonly { pid?: number }[]) => void): void;
  launchBus(done: (error: unknown, bus: NodeJS.EventEmitter) => void): void;
}
interface BusEvent {
  readonly event?: string;
  readonly data?: string;
  readonly process: { readonly name: string; readonly pm_id: number; readonly exit_code?: number };
}

const [ecosystemFile = ""] = process.argv.slice(2);
const home = process.env.PM2_HOME ?? "";
const pm2 = createRequire(import.meta.url)("pm2") as Pm2;
let isStopping = false;

// Nobody reads what pm2 prints once the launcher is gone.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void stop());
process.once("disconnect", () => void stop());
process.on("message", (order: Pm2Order) => void (order === "kill" ? kill() : stop()));

pm2.connect(true, (error) => {
  if (error) return fail(error);
  pm2.launchBus((busError, bus) => {
    if (busError) return fail(busError);
    follow(bus);
    if (isStopping) return;
    pm2.start(ecosystemFile, (startError) => (startError ? fail(startError) : tell({ kind: "started" })));
  });
});

function follow(bus: NodeJS.EventEmitter): void {
  const lines = new Map<string, PassThrough>();
  /** What services print arrives in pieces; a line is told of when it is whole. */
  const print = (channel: string) => (event: BusEvent) => {
    const { name, pm_id } = event.process;
    const key = `${pm_id} ${channel}`;
    let stream = lines.get(key);
    if (!stream) {
      stream = new PassThrough();
      createInterface({ input: stream }).on("line", (text) => tell({ kind: "line", service: name, text }));
      lines.set(key, stream);
    }
    stream.write(event.data ?? "");
  };
  bus.on("log:out", print("out"));
  bus.on("log:err", print("err"));
  bus.on("process:event", ({ event, process: service }: BusEvent) => {
    if (event === "online") withPids((pids) => tell({ kind: "processes", pids }));
    if (event === "exit") tell({ kind: "ended", service: service.name, code: service.exit_code ?? 0 });
  });
}

/** Asks every service to leave, and kills those that outlive pm2's `kill_timeout`. */
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await deleteAll();
  // A service that pm2 was about to start when it was told to delete them all comes up afterwards.
  for (let quietLooks = 0; quietLooks < 2; ) {
    await delay(100);
    if ((await runningPids()).length === 0) quietLooks += 1;
    else {
      quietLooks = 0;
      await deleteAll();
    }
  }
  if (home) rmSync(home, { recursive: true, force: true });
  process.exit(0);
}

function deleteAll(): Promise<void> {
  return new Promise((resolve) => pm2.delete("all", () => resolve()));
}

function runningPids(): Promise<number[]> {
  return new Promise((resolve) => withPids(resolve));
}

/** pm2 takes the rest from there: the services it is waiting for have ended. */
async function kill(): Promise<void> {
  withPids((pids) => {
    for (const pid of pids) process.kill(pid, "SIGKILL");
  });
  await stop();
}

function withPids(use: (pids: number[]) => void): void {
  pm2.list((_, processes = []) => use(processes.flatMap(({ pid }) => pid || [])));
}

function fail(error: unknown): void {
  const problem = error instanceof Error ? error.message : String((error as { msg?: unknown }).msg ?? error);
  tell({ kind: "started", problem });
}

function tell(message: Pm2Message): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
