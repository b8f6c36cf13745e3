import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const repository = resolve(import.meta.dirname, "../..");
const readyDeadlineMs = 30_000;
const endDeadlineMs = 20_000;

export type ServiceName = "config-server" | "account-server" | "gateway";

/** A service in a process of its own, on ports that it chose itself. */
export interface ServiceProcess {
  readonly name: ServiceName;
  /** `http://host:port`, where it serves REST. */
  readonly url: string;
  /** `host:port`, where it answers calls. */
  readonly calls: string | undefined;
  /** Everything it printed. */
  output(): string;
  /** Reads nothing that it prints from now on, as when the reader of its log has died. */
  stopReading(): void;
  /** Asks it to leave, and gives its exit code. Safe to call twice. */
  stop(): Promise<number | null>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

export interface Services {
  /** Resolves once its /health is 200. */
  start(name: ServiceName, env?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
}

/**
 * Starts services with `env` and ends them when `after` says.
 * @param after vitest's `afterAll` or `afterEach`
 */
export function useServices(
  after: (stop: () => Promise<void>) => void,
  env: () => Readonly<Record<string, string>>,
): Services {
  const running = new Set<ServiceProcess>();
  after(async () => {
    await Promise.all([...running].map((service) => service.stop()));
    running.clear();
  });
  return {
    async start(name, more = {}) {
      const service = await startService(name, { ...env(), ...more });
      running.add(service);
      return service;
    },
  };
}

async function startService(name: ServiceName, env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [resolve(repository, "services", name, "dist/main.js")], {
    env: { PATH: process.env.PATH, HTTP_PORT: "0", MICROSERVICE_PORT: "0", LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (printed += text));
  const ended = once(child, "exit");
  try {
    const { http, microservice } = await whenReady(child, name, () => printed);
    return {
      name,
      url: http,
      calls: microservice,
      output: () => printed,
      stopReading() {
        child.stdout.destroy();
        child.stderr.destroy();
      },
      async stop() {
        child.kill("SIGTERM");
        const late = new AbortController();
        void sleep(endDeadlineMs, undefined, { signal: late.signal }).then(
          () => child.kill("SIGKILL"),
          () => {},
        );
        await ended;
        late.abort();
        return child.exitCode;
      },
      async kill() {
        child.kill("SIGKILL");
        await ended;
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

interface Addresses {
  readonly http: string;
  readonly microservice?: string;
}

async function whenReady(child: ChildProcess, name: ServiceName, printed: () => string): Promise<Addresses> {
  const addresses = await new Promise<Addresses>((resolveAddresses, reject) => {
    const fail = (why: string) => reject(new Error(`${name} ${why}; it printed:\n${printed()}`));
    const timer = setTimeout(() => fail(`was not ready within ${readyDeadlineMs} ms`), readyDeadlineMs);
    child.once("exit", (code) => fail(`ended with code ${code}`));
    if (child.stdout) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (!line.includes(" is ready")) return;
        clearTimeout(timer);
        resolveAddresses(JSON.parse(line) as Addresses);
      });
    }
  });
  const health = await fetch(`${addresses.http}/health`);
  await health.body?.cancel();
  if (health.status !== 200) throw new Error(`${name} said that it is ready, but its /health is ${health.status}`);
  return addresses;
}
