import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VastifyError } from "vastify";
import { endWithin, tailOf, whenEnded } from "./child-process.js";
import { findFreePorts } from "./free-port.js";
import { findRabbitmq, type RabbitmqFiles } from "./rabbitmq-binary.js";
import { spawnServer } from "./spawn-server.js";

export interface RabbitmqOptions {
  /** More of the broker's configuration, e.g. `{ "vm_memory_high_watermark.relative": 0.6 }`. @default {} */
  settings?: Readonly<Record<string, string | number | boolean>>;
  /**
   * What queues shall be like whose names match a pattern (a regular expression), by the policy's name, e.g.
   * `{ lazy: { pattern: ".*", definition: { "queue-mode": "lazy" } } }`. @default {}
   */
  policies?: Readonly<Record<string, RabbitmqPolicy>>;
  /** How long it may take until it answers, in milliseconds. @default 60_000 */
  startTimeoutMs?: number;
  /** Gives up the start when it aborts. */
  signal?: AbortSignal | undefined;
}

/** RabbitMQ's documentation, "Parameters and Policies". */
export interface RabbitmqPolicy {
  readonly pattern: string;
  readonly definition: Readonly<Record<string, string | number>>;
}

/** A RabbitMQ broker of our own: one node, only on 127.0.0.1, its data in a temporary folder. */
export interface RunningRabbitmq {
  readonly url: string;
  readonly port: number;
  /** Asks it to end, and kills it after 20 seconds. What was published persistently stays. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Holds it up, as a hanging machine would, until `goOn`. */
  freeze(): void;
  goOn(): void;
  /** Starts it again after `stop` or `kill`, on the same port and data. */
  start(): Promise<void>;
  /** Blocks every connection that publishes, as a full disk would, until `unblock`. */
  block(): Promise<void>;
  unblock(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

interface Ports {
  readonly amqp: number;
  readonly distribution: number;
  readonly epmd: number;
}

const node = "vastify@localhost";
const cookie = "vastify";

/**
 * Starts a broker and resolves once it accepts connections. It ends with this process. Erlang's port mapper (epmd),
 * which otherwise stays behind on every machine that ran Erlang, is a child of ours on a port of its own.
 */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<RunningRabbitmq> {
  const files = await findRabbitmq(options.signal);
  const [amqp, distribution, epmd] = (await findFreePorts(3)) as [number, number, number];
  const ports: Ports = { amqp, distribution, epmd };
  const folder = await mkdtemp(join(tmpdir(), "vastify-rabbitmq-"));
  const settings = { "log.console.level": "warning", ...options.settings };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(join(folder, "rabbitmq.conf"), lines.join(""));
  await writeFile(join(folder, ".erlang.cookie"), cookie, { mode: 0o400 });

  const env = environment(files, folder, ports);
  let children = await startBroker(files, env, ports, options);
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    children.broker.kill(signal);
    await endWithin(children.broker, 20_000);
    children.mapper.kill("SIGKILL");
    await whenEnded(children.mapper);
  };
  const remove = async () => {
    await end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const [name, policy] of Object.entries(options.policies ?? {}))
      await evaluate(files, env, setPolicy(name, policy));
  } catch (error) {
    await remove();
    throw error;
  }
  const alarm = "{resource_limit, disk, node()}";
  return {
    url: `amqp://127.0.0.1:${amqp}`,
    port: amqp,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    freeze: () => void children.broker.kill("SIGSTOP"),
    goOn: () => void children.broker.kill("SIGCONT"),
    async start() {
      children = await startBroker(files, env, ports, options);
    },
    block: () => evaluate(files, env, `rabbit_alarm:set_alarm({${alarm}, []})`),
    unblock: () => evaluate(files, env, `rabbit_alarm:clear_alarm(${alarm})`),
    remove,
  };
}

function environment(files: RabbitmqFiles, folder: string, ports: Ports): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ROOTDIR: files.erlang,
    BINDIR: files.erlangBin,
    EMU: "beam",
    PROGNAME: "erl",
    HOME: folder,
    ERL_LIBS: join(files.rabbitmq, "plugins"),
    ERL_CRASH_DUMP_BYTES: "0",
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_HOME: files.rabbitmq,
    RABBITMQ_NODENAME: node,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_PLUGINS_DIR: join(files.rabbitmq, "plugins"),
    RABBITMQ_ENABLED_PLUGINS: "",
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_FEATURE_FLAGS_FILE: join(folder, "feature_flags"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_PID_FILE: join(folder, "pid"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq"),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, "advanced"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "env.conf"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "schema"),
  };
}

interface Children {
  readonly broker: ChildProcess;
  readonly mapper: ChildProcess;
}

async function startBroker(
  files: RabbitmqFiles,
  env: NodeJS.ProcessEnv,
  ports: Ports,
  { startTimeoutMs = 60_000, signal }: RabbitmqOptions,
): Promise<Children> {
  const deadline = AbortSignal.timeout(startTimeoutMs);
  const home = env.HOME as string;
  await mkdir(join(home, "data"), { recursive: true });
  const mapper = await spawnServer(join(files.erlangBin, "epmd"), ["-port", String(ports.epmd)], env, home);
  const broker = await spawnServer(join(files.erlangBin, "erlexec"), brokerArguments(files), env, home);
  const tail = tailOf(broker);
  const settled = new AbortController();
  const givenUp = AbortSignal.any([deadline, settled.signal, ...(signal ? [signal] : [])]);
  try {
    await Promise.race([
      whenGreeting(ports.amqp, givenUp),
      whenEnded(broker).then(() => Promise.reject(new Error(`it ended with code ${broker.exitCode}`))),
    ]);
    return { broker, mapper };
  } catch (error) {
    for (const child of [broker, mapper]) {
      child.kill("SIGKILL");
      await whenEnded(child);
    }
    signal?.throwIfAborted();
    const why = deadline.aborted ? `no answer within ${startTimeoutMs} ms` : (error as Error).message;
    const message = `RabbitMQ did not start on 127.0.0.1:${ports.amqp}: ${why}\n${tail()}`;
    throw new VastifyError("unavailable", message.trim(), { reason: "no_rabbitmq", cause: error });
  } finally {
    settled.abort();
  }
}

/** What RabbitMQ's own start script does, less what daemons need. */
function brokerArguments(files: RabbitmqFiles): string[] {
  return [
    ...["-noinput", "-boot", join(files.erlang, "bin/start_sasl"), "-s", "rabbit", "boot", "-start_epmd", "false"],
    // No busy waiting: the cores belong to the tests.
    ...["+W", "w", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "+B", "i"],
    ...["-kernel", "inet_dist_use_interface", "{127,0,0,1}", "-syslog", "logger", "[]"],
    ...["-syslog", "syslog_error_logger", "false"],
  ];
}

/** Waits until the port answers AMQP's protocol header with a frame. */
async function whenGreeting(port: number, signal: AbortSignal): Promise<void> {
  while (!(await greets(port))) await sleep(50, undefined, { signal });
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("AMQP\0\0\u0009\u0001"));
    socket.once("data", () => resolve(true));
    for (const event of ["error", "close"]) socket.once(event, () => resolve(false));
    socket.once("data", () => socket.destroy());
    socket.setTimeout(1_000, () => socket.destroy());
  });
}

function setPolicy(name: string, { pattern, definition }: RabbitmqPolicy): string {
  const texts = ["/", name, pattern, JSON.stringify(definition)].map((text) => `<<${JSON.stringify(text)}>>`);
  return `ok = rabbit_policy:parse_set(${texts.join(", ")}, 0, <<"queues">>, <<"vastify">>)`;
}

/** Evaluates an Erlang expression within the broker. */
async function evaluate(files: RabbitmqFiles, env: NodeJS.ProcessEnv, expression: string): Promise<void> {
  const args = ["-sname", node, "-c", cookie, "-e"];
  const child = spawn(join(files.erlang, "bin/erl_call"), args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const tail = tailOf(child);
  child.stdin.end(`${expression}.\n`);
  await once(child, "close");
  if (tail().startsWith("{ok")) return;
  throw new VastifyError("internal", `RabbitMQ did not evaluate ${expression}: ${tail()}`);
}
