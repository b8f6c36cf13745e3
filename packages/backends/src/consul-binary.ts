import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { VastifyError } from "vastify";
import { cacheFolder } from "./cache-folder.js";
import { fetchDebianPackages } from "./debian-packages.js";

export interface FindConsulOptions {
  /** @default process.env */
  env?: NodeJS.ProcessEnv;
  /** Gives up when it aborts. */
  signal?: AbortSignal | undefined;
}

/**
 * The path of a consul program: the machine's own when it is on PATH, else Debian's, fetched once into the cache.
 * @throws VastifyError `failed_precondition`, reason `no_consul`
 */
export async function findConsul({ env = process.env, signal }: FindConsulOptions = {}): Promise<string> {
  const own = await findOnPath("consul", env);
  if (own) return own;
  try {
    // Bullseye is the last Debian release with a consul package; it is a static program and runs on later ones.
    const into = join(cacheFolder(env), "consul-bullseye");
    const folder = await fetchDebianPackages({ suite: "bullseye", packages: ["consul"], into, signal });
    return join(folder, "usr/bin/consul");
  } catch (error) {
    if (!VastifyError.is(error)) throw error;
    const advice = "install consul so that it is on PATH, or set CONSUL_HTTP_ADDR to one that runs";
    throw new VastifyError("failed_precondition", `no consul on PATH, and ${error.message}; ${advice}`, {
      reason: "no_consul",
      cause: error,
    });
  }
}

/** The first executable file of that name on PATH. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const file = join(folder, name);
    const isExecutable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== "" && isExecutable) return file;
  }
  return undefined;
}
