import type { ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { VastifyError } from "vastify";
import { endWithin, tailOf, whenEnded } from "./child-process.js";
import { envOf } from "./debian-program.js";
import { findFreePort } from "./free-port.js";
import { findRedis } from "./redis-binary.js";
import { spawnServer } from "./spawn-server.js";

export interface RedisOptions {
  /** The port on 127.0.0.1. @default a free one */
  port?: number;
  /** How long the server may take to answer, in milliseconds. @default 30_000 */
  startTimeoutMs?: number;
  /** Gives up the start when it aborts. */
  signal?: AbortSignal;
}

/** A Redis server of its own: all in memory, nothing on disk, only on 127.0.0.1. */
export interface RunningRedis {
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now: another one after `start`. */
  readonly pid: number;
  /** Asks it to end, and kills it after 5 seconds. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Stops its process where it stands, as a hanging machine would; connections stay open. */
  freeze(): void;
  /** Lets a frozen process go on. */
  thaw(): void;
  /** Starts it again on the same port after `stop` or `kill`; it comes back empty. */
  start(): Promise<void>;
}

/** Starts a Redis server and resolves once it answers. It ends with this process. */
export async function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  const port = options.port ?? (await findFreePort());
  let child = await startServer(port, options);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid as number;
    },
    async stop() {
      // A frozen process would not hear that it is to end.
      child.kill("SIGCONT");
      await end(child, "SIGTERM");
    },
    kill: () => end(child, "SIGKILL"),
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    async start() {
      child = await startServer(port, options);
    },
  };
}

async function startServer(port: number, { startTimeoutMs = 30_000, signal }: RedisOptions): Promise<ChildProcess> {
  const program = await findRedis(signal);
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"];
  const child = await spawnServer(program.file, args, envOf(program));
  const tail = tailOf(child);
  const deadline = AbortSignal.timeout(startTimeoutMs);
  const settled = new AbortController();
  try {
    const givenUp = AbortSignal.any([deadline, settled.signal, ...(signal ? [signal] : [])]);
    await Promise.race([whenAnswering(port, givenUp), rejectWhenEnded(child)]);
    return child;
  } catch (error) {
    await end(child, "SIGKILL");
    signal?.throwIfAborted();
    const why = deadline.aborted ? `no answer within ${startTimeoutMs} ms` : (error as Error).message;
    const message = `redis-server did not start on 127.0.0.1:${port}: ${why}\n${tail()}`;
    throw new VastifyError("unavailable", message.trim(), { reason: "no_redis", cause: error });
  } finally {
    settled.abort();
  }
}

async function rejectWhenEnded(child: ChildProcess): Promise<never> {
  await whenEnded(child);
  throw new Error(`it ended with code ${child.exitCode}`);
}

async function whenAnswering(port: number, signal: AbortSignal): Promise<void> {
  while (!(await pings(port))) await sleep(20, undefined, { signal });
}

function pings(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once("data", (data) => done(data.toString().startsWith("+PONG")));
    socket.once("error", () => done(false)).once("close", () => done(false));
  });
}

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  child.kill(signal);
  await endWithin(child, 5_000);
}
