import { badOption } from "../core/index.js";

export interface PM2AppOptions {
  name: string;
  /** @default `${name}.js` */
  script?: string;
  /** @default `${name}-err.log` */
  error_file?: string;
  /** @default `${name}-out.log` */
  out_file?: string;
  /** More than one means cluster mode. @default 1 */
  instances?: number | "max";
  /** @default "fork", and "cluster" for more than one instance */
  exec_mode?: "fork" | "cluster";
  /** @default "" */
  args?: string | readonly string[];
  /** Laid over NODE_ENV=development. */
  env?: Readonly<Record<string, string>>;
  /** Laid over NODE_ENV=production. */
  env_production?: Readonly<Record<string, string>>;
  /** Anything else that pm2 knows, laid over the defaults. */
  readonly [option: string]: unknown;
}

export interface PM2DeployOptions {
  /** @default "deploy" */
  user?: string;
  host: string | readonly string[];
  /** @default "remotes/origin/master" */
  ref?: string;
  repo: string;
  path: string;
  /** What runs on the host after each deploy. @default installs and restarts by deploy/ecosystem.config.js */
  "post-deploy"?: string;
  /** @default {} */
  env?: Readonly<Record<string, string>>;
  /** Anything else that pm2 deploy knows, such as `pre-setup`, `key` or `ssh_options`. */
  readonly [option: string]: unknown;
}

export type PM2AppConfig = ReturnType<typeof appDefaults> & {
  name: string;
  script: string;
  error_file: string;
  out_file: string;
  instances: number | "max";
  exec_mode: "fork" | "cluster";
  args: string | readonly string[];
  [option: string]: unknown;
};

export type PM2DeployConfig = ReturnType<typeof deployDefaults> & {
  host: string | readonly string[];
  repo: string;
  path: string;
  env: Record<string, string>;
  [option: string]: unknown;
};

/** Made anew for each app: a change to one app's options must not reach another. */
export function appDefaults() {
  return {
    max_memory_restart: "150M",
    env: { NODE_ENV: "development" } as Record<string, string>,
    env_production: { NODE_ENV: "production" } as Record<string, string>,
    source_map_support: true,
    merge_logs: false,
    listen_timeout: 5_000,
    kill_timeout: 2_000,
    autorestart: false,
    force: false,
    post_update: ["npm install"],
    watch: false,
    ignore_watch: ["node_modules"],
  };
}

export function deployDefaults() {
  return {
    user: "deploy",
    ref: "remotes/origin/master",
    "post-deploy": "npm install && pm2 startOrRestart deploy/ecosystem.config.js --env production",
  };
}

/**
 * One entry of `apps` in a pm2 ecosystem file.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, without a name
 */
export function GeneratePM2AppConfig(options: PM2AppOptions): PM2AppConfig {
  const {
    name,
    script,
    error_file,
    out_file,
    instances = 1,
    exec_mode,
    args = "",
    ...rest
  } = options ?? ({} as PM2AppOptions);
  if (typeof name !== "string" || name === "") throw badOption("name", name, "the app's name");
  const defaults = appDefaults();
  return {
    ...defaults,
    ...rest,
    name,
    script: script || `${name}.js`,
    error_file: error_file || `${name}-err.log`,
    out_file: out_file || `${name}-out.log`,
    instances,
    exec_mode: instances === 1 ? (exec_mode ?? "fork") : "cluster",
    args,
    env: { ...defaults.env, ...rest.env },
    env_production: { ...defaults.env_production, ...rest.env_production },
  };
}

/**
 * One environment of `deploy` in a pm2 ecosystem file, such as `production`.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, without host, repo or path
 */
export function GeneratePM2DeployConfig(options: PM2DeployOptions): PM2DeployConfig {
  const { host, repo, path, env = {}, ...rest } = options ?? ({} as PM2DeployOptions);
  if (!host || host.length === 0) throw badOption("host", host, "the host to deploy to");
  if (!repo) throw badOption("repo", repo, "the address of a git repository");
  if (!path) throw badOption("path", path, "the folder on the host");
  return { ...deployDefaults(), ...rest, host, repo, path, env: { ...env } };
}

/** 2018's pm2 helpers, usable as `DeployTool.GeneratePM2AppConfig(…)` and on an instance. */
export class DeployTool {
  static readonly GeneratePM2AppConfig = GeneratePM2AppConfig;
  static readonly GeneratePM2DeployConfig = GeneratePM2DeployConfig;
  readonly GeneratePM2AppConfig = GeneratePM2AppConfig;
  readonly GeneratePM2DeployConfig = GeneratePM2DeployConfig;
}
