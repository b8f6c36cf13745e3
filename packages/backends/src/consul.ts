import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { VastifyError } from "vastify";
import { endWithin, tailOf, whenEnded } from "./child-process.js";
import { findConsul } from "./consul-binary.js";
import { findFreePorts } from "./free-port.js";
import { spawnServer } from "./spawn-server.js";

export interface ConsulPorts {
  http: number;
  serfLan: number;
  serfWan: number;
  server: number;
}

export interface ConsulOptions {
  /** @default a free port for each that is not named */
  ports?: Partial<ConsulPorts>;
  /** More of Consul's own configuration, e.g. `{ acl: { enabled: true, default_policy: "deny" } }`. */
  settings?: Readonly<Record<string, unknown>>;
  /** The consul program. @default what `findConsul` finds */
  binary?: string;
  /** Where it keeps its state, so that it still knows everything after `restart`. @default in memory: it comes back empty */
  dataFolder?: string;
  /** How long the agent may take to elect itself. @default 30000 */
  startTimeoutMs?: number;
  /** Gives up the start when it aborts. */
  signal?: AbortSignal | undefined;
}

/** A Consul agent that is a server by itself, only on 127.0.0.1. */
export interface RunningConsul {
  /** `127.0.0.1:PORT`, as CONSUL_HTTP_ADDR wants it. */
  readonly httpAddr: string;
  readonly port: number;
  readonly ports: Readonly<ConsulPorts>;
  /** Of the process that runs now: another one after `restart`. */
  readonly pid: number;
  /** Asks it to end, and kills it after 5 seconds. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Stops it, unless it is stopped, and starts it on the same ports; without a `dataFolder` it comes back empty. */
  restart(): Promise<void>;
}

/** Starts a Consul agent and resolves once it has a leader. It ends with this process. */
export async function startConsul(options: ConsulOptions = {}): Promise<RunningConsul> {
  const binary = options.binary ?? (await findConsul({ signal: options.signal }));
  const { child: first, ports } = await startOnFreePorts(binary, options);
  let child = first;
  return {
    httpAddr: `127.0.0.1:${ports.http}`,
    port: ports.http,
    ports,
    get pid() {
      return child.pid as number;
    },
    stop: () => end(child, "SIGTERM"),
    kill: () => end(child, "SIGKILL"),
    async restart() {
      await end(child, "SIGTERM");
      child = await startAgent(binary, ports, options);
    },
  };
}

/** Another process may take a port between our look and Consul's, so a failed start is tried again on other ports. */
async function startOnFreePorts(binary: string, options: ConsulOptions) {
  const isFixed = options.ports?.http !== undefined;
  for (let attempt = 1; ; attempt++) {
    const [http, serfLan, serfWan, server] = (await findFreePorts(4)) as [number, number, number, number];
    const ports: ConsulPorts = { http, serfLan, serfWan, server, ...options.ports };
    try {
      return { child: await startAgent(binary, ports, options), ports };
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes("address already in use");
      if (isFixed || !isTaken || attempt === 3) throw error;
    }
  }
}

async function startAgent(binary: string, ports: ConsulPorts, options: ConsulOptions): Promise<ChildProcess> {
  const { startTimeoutMs = 30_000, signal } = options;
  const deadline = AbortSignal.timeout(startTimeoutMs);
  const child = await spawnAgent(binary, ports, options);
  const tail = tailOf(child);
  const settled = new AbortController();
  try {
    await Promise.race([
      whenLeading(ports, AbortSignal.any([deadline, settled.signal, ...(signal ? [signal] : [])])),
      whenEnded(child).then(() => Promise.reject(new Error(`it ended with code ${child.exitCode}`))),
    ]);
    return child;
  } catch (error) {
    await end(child, "SIGKILL");
    signal?.throwIfAborted();
    const why = deadline.aborted ? `no leader within ${startTimeoutMs} ms` : (error as Error).message;
    const message = `consul did not start on 127.0.0.1:${ports.http}: ${why}\n${tail()}`;
    throw new VastifyError("unavailable", message.trim(), { reason: "no_consul", cause: error });
  } finally {
    settled.abort();
  }
}

function spawnAgent(
  binary: string,
  ports: ConsulPorts,
  { settings, dataFolder }: ConsulOptions,
): Promise<ChildProcess> {
  // A server alone need not be patient with others before it elects itself.
  const kept = [
    `-data-dir=${dataFolder}`,
    "-server",
    "-bootstrap-expect=1",
    "-hcl=performance { raft_multiplier = 1 }",
  ];
  const args = [
    ...["agent", ...(dataFolder ? kept : ["-dev"])],
    ...["-bind=127.0.0.1", "-client=127.0.0.1", "-dns-port=-1", "-grpc-port=-1"],
    "-log-level=info",
    // All services of all tests ask from one address, of which Consul takes 200 connections otherwise.
    "-hcl=limits { http_max_conns_per_client = 2000 }",
    ...[`-http-port=${ports.http}`, `-server-port=${ports.server}`],
    ...[`-serf-lan-port=${ports.serfLan}`, `-serf-wan-port=${ports.serfWan}`],
    ...(settings ? [`-hcl=${JSON.stringify(settings)}`] : []),
  ];
  return spawnServer(binary, args);
}

/** Waits until the agent at our HTTP port names itself the leader; another one's answer doesn't count. */
async function whenLeading(ports: ConsulPorts, signal: AbortSignal): Promise<void> {
  for (;;) {
    const leader = await fetch(`http://127.0.0.1:${ports.http}/v1/status/leader`, { signal })
      .then((response) => response.json())
      .catch(() => undefined);
    if (leader === `127.0.0.1:${ports.server}`) return;
    await sleep(50, undefined, { signal });
  }
}

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  child.kill(signal);
  await endWithin(child, 5_000);
}
