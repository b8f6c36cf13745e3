import { once } from "node:events";
import { resolve } from "node:path";
import { createLog, VastifyError } from "vastify";
import { createRegistry } from "vastify/devtools";
import { startMongoEngine } from "../mongo-engine.js";
import { expectFreePorts } from "./expect-free-ports.js";
import { type LauncherConfig, readLauncherConfig } from "./launcher-config.js";
import { runUnderPm2 } from "./run-under-pm2.js";
import { summary } from "./summary.js";
import { knownInstances, whenServing } from "./when-serving.js";

export interface LaunchOptions {
  process: NodeJS.Process;
}

const root = resolve(import.meta.dirname, "../../../..");
const startDeadlineMs = 90_000;
// npm passes a Ctrl+C on that the terminal has sent us already, so the second of two in a row is no second wish.
const sameSignalMs = 1_000;

/**
 * Brings up the registry, MongoDB and the services, as far as the environment names none, and runs them until it is
 * told to end by SIGINT, SIGTERM or SIGHUP.
 * @returns the exit code: 0 when it was told to end, 1 when something failed
 */
export async function launch({ process }: LaunchOptions): Promise<number> {
  const started: Stoppable[] = [];
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const signals = followSignals(process, () => {
    for (const { hurry } of started) hurry?.();
  });
  try {
    await run({ process, started, say, toldToEnd: signals.toldToEnd });
    return 0;
  } catch (thrown) {
    if (signals.toldToEnd.aborted) return 0;
    const error = VastifyError.from(thrown);
    const { cause } = error;
    const isUnexpected = error.code === "internal" && cause instanceof Error;
    process.stderr.write(`${isUnexpected ? cause.stack : error.message}\n`);
    return 1;
  } finally {
    if (started.length > 0) say("ending");
    for (const { stop } of started.reverse()) await stop();
    signals.forget();
  }
}

interface Stoppable {
  stop(): Promise<void>;
  /** Makes `stop` wait for less. */
  hurry?(): void;
}

interface RunOptions {
  readonly process: NodeJS.Process;
  /** Receives each thing that must be stopped. */
  readonly started: Stoppable[];
  readonly toldToEnd: AbortSignal;
  say(text: string): void;
}

/** Resolves when told to end; throws when something did not start or ended by itself. */
async function run({ process, started, toldToEnd, say }: RunOptions): Promise<void> {
  const config = readLauncherConfig(process.env, root);
  await expectFreePorts(config.host, [...(config.registry ? [config.registry] : []), ...config.servicePorts]);

  const failure = new AbortController();
  const fail = (error: VastifyError) => failure.abort(error);
  const signal = AbortSignal.any([toldToEnd, failure.signal]);

  const registry = await provideRegistry(config, signal, started);
  const before = await knownInstances(registry, signal);
  if (config.mongoUri === undefined) say(`starting the MongoDB engine, data in ${config.mongoDir}`);
  const mongo = await provideMongo(config, signal, started, fail);

  say("starting the services under pm2");
  let isUp = false;
  const pm2 = await runUnderPm2({
    ecosystemFile: resolve(root, "ecosystem.config.js"),
    env: serviceEnvironment(process, registry.address, mongo.uri),
    onLine: say,
    onServiceEnded(service, code) {
      if (isUp) say(`${service} ended${code === 0 ? "" : ` with code ${code}`}; pm2 starts it again`);
      else fail(new VastifyError("unavailable", `${service} did not start: it ended with code ${code}`));
    },
    onFailure: fail,
  });
  started.push(pm2);
  const services = await whenServing(registry, before, startDeadlineMs, signal);
  isUp = true;
  say(summary(services, { registry, mongo }));
  await aborted(signal);
  failure.signal.throwIfAborted();
}

async function provideRegistry(config: LauncherConfig, signal: AbortSignal, started: Stoppable[]) {
  const { consulAddress, consulToken: token } = config;
  if (consulAddress !== undefined) return { address: consulAddress, token, isEmbedded: false };
  const log = createLog({ service: "registry", version: "-", instance: "-" }, { level: "warn" });
  const registry = createRegistry({ port: config.registry?.port ?? 0 });
  await registry.start({ log, signal });
  started.push(registry);
  return { address: `127.0.0.1:${registry.port}`, token, isEmbedded: true };
}

async function provideMongo(
  config: LauncherConfig,
  signal: AbortSignal,
  started: Stoppable[],
  fail: (error: VastifyError) => void,
) {
  const { mongoUri, mongoDir: dir } = config;
  if (mongoUri !== undefined) return { uri: mongoUri, dir: undefined };
  const engine = await startMongoEngine({ dir, signal });
  let isStopping = false;
  started.push({
    async stop() {
      isStopping = true;
      await engine.stop();
    },
  });
  void engine.ended.then(() => {
    if (!isStopping) fail(new VastifyError("unavailable", "the MongoDB engine ended by itself"));
  });
  return { uri: engine.uri.replace("/?", "/vastify?"), dir };
}

function serviceEnvironment(
  { env, stdout }: NodeJS.Process,
  consulAddress: string,
  mongoUri: string,
): NodeJS.ProcessEnv {
  return {
    ...env,
    CONSUL_HTTP_ADDR: consulAddress,
    MONGODB_URI: mongoUri,
    LOG_FORMAT: env.LOG_FORMAT || "pretty",
    ...(stdout.isTTY && { FORCE_COLOR: env.FORCE_COLOR || "1" }),
  };
}

/** The first signal says to end; another one, to hurry. */
function followSignals(process: NodeJS.Process, hurry: () => void): { toldToEnd: AbortSignal; forget(): void } {
  const told = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (!told.signal.aborted) {
      firstAt = performance.now();
      told.abort();
    } else if (performance.now() - firstAt > sameSignalMs) hurry();
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    toldToEnd: told.signal,
    forget() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
