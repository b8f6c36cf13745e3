import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { badOption, VastifyError } from "../../core/index.js";

/** An app of an ecosystem file, as far as a release needs to know it. */
export interface App {
  readonly name: string;
  /** Absolute. */
  readonly script: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Its variables in the chosen environment, beside those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** How many processes it should have; undefined where that is as many as there are cores. */
  readonly instances: number | undefined;
  /** How long it may take to get ready. */
  readonly listenTimeoutMs: number;
  /** How long it may take to leave. */
  readonly killTimeoutMs: number;
}

/**
 * Reads the apps of a pm2 ecosystem file.
 * @param environment whose `env_<environment>` is laid over `env`
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function readApps(file: string, environment: string): readonly App[] {
  const apps = (load(file) as { apps?: unknown } | undefined)?.apps;
  if (!Array.isArray(apps) || apps.length === 0) throw badOption(file, apps, "an ecosystem file with apps");
  return apps.map((app: unknown, at) => readApp(app, `${file}: apps[${at}]`, dirname(file), environment));
}

function load(file: string): unknown {
  try {
    return createRequire(import.meta.url)(file) as unknown;
  } catch (error) {
    throw new VastifyError("invalid_argument", `${file} can't be read: ${(error as Error).message}`, {
      reason: "bad_option",
    });
  }
}

function readApp(app: unknown, where: string, folder: string, environment: string): App {
  const { name, script, args, cwd, ...rest } = app as Readonly<Record<string, unknown>>;
  if (typeof name !== "string") throw badOption(`${where}.name`, name, "the app's name");
  if (typeof script !== "string") throw badOption(`${where}.script`, script, "the file that starts it");
  const { instances = 1, listen_timeout, kill_timeout, env, [`env_${environment}`]: more } = rest;
  const home = resolve(folder, typeof cwd === "string" ? cwd : ".");
  return {
    name,
    script: resolve(home, script),
    args: typeof args === "string" ? args.split(" ").filter(Boolean) : Array.isArray(args) ? args.map(String) : [],
    cwd: home,
    env: texts({ ...(env as object), ...(more as object) }),
    instances: Number(instances) >= 1 ? Number(instances) : undefined,
    // What pm2 does by itself, give or take.
    listenTimeoutMs: typeof listen_timeout === "number" ? listen_timeout : 3_000,
    killTimeoutMs: typeof kill_timeout === "number" ? kill_timeout : 1_600,
  };
}

function texts(env: object): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
}
