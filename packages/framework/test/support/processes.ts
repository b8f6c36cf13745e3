import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ServiceOptions } from "./framework.js";
import { consulAddress, until } from "./services.js";

/** What a process of work-service.mjs says of itself once it is ready. */
export interface WorkProcess {
  readonly pid: number;
  readonly instance: string;
  readonly addresses: { readonly http: string; readonly microservice: string };
  readonly isWorker: boolean;
}

type Options = Partial<ServiceOptions> & { name: string };

/** A service with `GET /work/now` in a process of its own, killed after the test. */
export async function startWorkProcess(options: Options): Promise<WorkProcess & { process: ChildProcess }> {
  const { process, told } = start("work-service.mjs", [json(options)]);
  await until(() => told.length === 1, `${options.name} is ready`, 30_000);
  return { ...(told[0] as WorkProcess), process };
}

/** The same in several workers of a cluster. */
export async function startWorkCluster(workers: number, options: Options): Promise<readonly WorkProcess[]> {
  const { told } = start("work-cluster.mjs", [String(workers), json(options)]);
  await until(() => told.length === workers, `${workers} workers of ${options.name} are ready`, 30_000);
  return told;
}

function json(options: Options): string {
  return JSON.stringify({ consul: { address: consulAddress }, ...options });
}

function start(fixture: string, args: readonly string[]): { process: ChildProcess; told: WorkProcess[] } {
  const process = fork(join(import.meta.dirname, "../fixtures", fixture), args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  // The process ends with its channel, and a cluster's workers with it.
  onTestFinished(() => void process.kill("SIGKILL"));
  const told: WorkProcess[] = [];
  process.on("message", (message) => {
    if (typeof message === "object") told.push(message as WorkProcess);
  });
  return { process, told };
}

/** A port that was free a moment ago, for those who must all be told the same one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
