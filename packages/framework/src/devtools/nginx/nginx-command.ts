import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { badOption, silentLogger, VastifyError } from "../../core/index.js";
import { nginxSite, type SystemEdge } from "../../deploy/index.js";
import { type ConsulOptions, connectConsul, createDirectory } from "../../discovery/index.js";
import type { ExitCode } from "../cli/commands.js";
import { readManifest } from "../deploy/read-manifest.js";
import { nginxProgram } from "./nginx-program.js";
import { createSite } from "./site.js";

export interface NginxOptions {
  /** The file that nginx includes, e.g. `/etc/nginx/conf.d/shop.conf`. */
  readonly file: string;
  /** The manifest. @default the vastify.config.* of the working directory */
  readonly config?: string | undefined;
  /** How nginx is called. */
  readonly nginx: string;
  /** Goes on until `signal` aborts, and follows Consul. */
  readonly watch: boolean;
  readonly consul: ConsulOptions;
  readonly signal: AbortSignal;
}

export interface NginxOutput {
  out(text: string): void;
  err(text: string): void;
}

/**
 * Writes nginx's site for the edge's service from the instances that live in Consul: once, or each time they change.
 * While none is alive what stands there stays.
 * @returns 1 when the one time gave nothing to serve
 * @throws VastifyError `invalid_argument`, reason `bad_option`, when the manifest has no edge or the file's folder is missing;
 * when not watching also what `Site.install` throws
 */
export async function nginxCommand(options: NginxOptions, output: NginxOutput): Promise<ExitCode> {
  const { system } = await readManifest(options.config, process.cwd());
  const { edge } = system;
  if (!edge) throw badOption("edge", undefined, "in the manifest");
  const file = expectInFolder(resolve(options.file));
  const site = createSite(file, nginxProgram(options.nginx));
  const consul = connectConsul(options.consul);
  const log = { ...silentLogger, warn: output.err, error: output.err };
  const directory = createDirectory({ consul, log });
  const gateways = directory.follow(edge.service);

  async function install({ service, ...rest }: SystemEdge): Promise<boolean> {
    const endpoints = gateways.instances.map(({ host, httpPort }) => ({ host, port: httpPort }));
    if (endpoints.length === 0) {
      output.err(`no ${service} is alive; ${file} stays as it is`);
      return false;
    }
    const isRead = await site.install(nginxSite(system.name, { service, ...rest }, endpoints));
    if (isRead) output.out(`${file}: ${endpoints.map(({ host, port }) => `${host}:${port}`).join(", ")}`);
    return true;
  }

  // What follows Consul holds no process open by itself.
  const holdOpen = setInterval(() => {}, 60_000);
  directory.start();
  try {
    await Promise.race([gateways.known, whenAborted(options.signal)]);
    if (!options.watch) return (await install(edge)) ? 0 : 1;
    const changes = changesOf(directory.onChange, options.signal);
    while (!options.signal.aborted) {
      // A configuration that nginx refuses, or an nginx that does not run, is told of; the next change is another chance.
      await install(edge).catch((error: unknown) => output.err(VastifyError.from(error).message));
      await changes.next();
    }
    return 0;
  } finally {
    await directory.stop();
    clearInterval(holdOpen);
  }
}

/** Folders are nginx's business: one made here would be included by nobody. */
function expectInFolder(file: string): string {
  const folder = dirname(file);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return file;
  throw badOption("the site's file", file, `in a folder that exists, and there is no folder ${folder}`);
}

/** Where Consul is, by the variables that services read too. */
export function consulOf(env: NodeJS.ProcessEnv): ConsulOptions {
  const { CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN: token, CONSUL_DATACENTER: datacenter } = env;
  return { ...(address && { address }), ...(token && { token }), ...(datacenter && { datacenter }) };
}

/** Tells of changes one by one; several that come while one is worked on count as one. */
function changesOf(onChange: (listener: () => void) => () => void, signal: AbortSignal) {
  let isDue = false;
  let wake: () => void = () => {};
  const due = () => {
    isDue = true;
    wake();
  };
  const stop = onChange(due);
  signal.addEventListener(
    "abort",
    () => {
      stop();
      due();
    },
    { once: true },
  );
  return {
    async next(): Promise<void> {
      if (!isDue) await new Promise<void>((resolve) => (wake = resolve));
      isDue = false;
    },
  };
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
