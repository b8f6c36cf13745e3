import { createRequire } from "node:module";
import { type Logger, VastifyError } from "../core/index.js";
import { fromSeneca } from "./seneca-errors.js";
import { forLoading, internalsOf, isForLoading, whenLoaded } from "./seneca-internals.js";
import { createSenecaLog } from "./seneca-log.js";
import type { Seneca, SenecaPlugin, SenecaPluginObject } from "./seneca-types.js";

export interface SenecaOptions {
  /** Options for Seneca itself, laid over ours. */
  readonly [option: string]: unknown;
}

type SenecaFactory = (options: Record<string, unknown>) => Seneca;

export function createSeneca(options: { tag: string; timeoutMs: number; log: Logger; seneca?: SenecaOptions }): Seneca {
  const { tag, timeoutMs, log, seneca: over = {} } = options;
  // Loaded when a service is made, not when the package is imported.
  const factory = createRequire(import.meta.url)("seneca") as SenecaFactory;
  const seneca = factory({
    tag,
    timeout: timeoutMs,
    log: { level: "debug", logger: createSenecaLog(log) },
    // The history remembers every call: under load the process grows by gigabytes.
    history: { active: false },
    // A failed plugin or a fatal message must not end the process; start() reports it instead.
    debug: { undead: true },
    legacy: { logging: false, transport: false },
    // The service has drained before Seneca is closed, so nothing is left to wait for.
    close_delay: 0,
    // Results may be strings and numbers too.
    strict: { result: false },
    ...over,
  });
  Object.assign(seneca, { post });
  return seneca;
}

function post(
  this: Seneca,
  message: string | Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    this.act(message, more, (error, result) => {
      if (error) reject(VastifyError.from(fromSeneca(error, "this service")));
      else resolve(result);
    });
  });
}

/**
 * Loads plugins in order.
 * @throws VastifyError `failed_precondition`, reason `plugin_failed`, with what the first failing plugin said
 */
export async function loadPlugins(
  seneca: Seneca,
  plugins: readonly { plugin: SenecaPlugin | SenecaPluginObject; options?: unknown }[],
  signal: AbortSignal,
): Promise<void> {
  const { errhandler } = internalsOf(seneca).options();
  const loaded = new Promise<void>((resolve, reject) => {
    const fail = (cause: unknown): void => reject(pluginFailure(cause));
    seneca.error(forLoading(fail));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    for (const { plugin, options } of plugins) seneca.use(plugin, options ?? {});
    whenLoaded(seneca, resolve);
  });
  await loaded.finally(() => {
    // Whoever wants to hear of errors was only asked to wait.
    const isOurs = isForLoading(internalsOf(seneca).options().errhandler);
    if (isOurs && typeof errhandler === "function") seneca.error(errhandler as (error: Error) => void);
  });
}

export async function closeSeneca(seneca: Seneca): Promise<void> {
  const { default: Bluebird } = await import("bluebird");
  await Bluebird.promisify(seneca.close as (done: (error?: unknown) => void) => unknown, { context: seneca })();
}

/** Seneca wraps what a plugin threw in a paragraph; what the plugin said, and which it was, is enough. */
function pluginFailure(cause: unknown): VastifyError {
  const { orig$, details } = (typeof cause === "object" && cause !== null ? cause : {}) as {
    orig$?: unknown;
    details?: { name?: unknown; fullname?: unknown; plugin?: unknown };
  };
  const said = orig$ instanceof Error ? orig$.message : cause instanceof Error ? cause.message : String(cause);
  const name = [details?.fullname, details?.name, details?.plugin].find((one) => typeof one === "string");
  const which = name === undefined ? "a plugin" : `the plugin ${name}`;
  return new VastifyError("failed_precondition", `${which} did not load: ${said}`, { reason: "plugin_failed", cause });
}
