import { join } from "node:path";
import { VastifyError } from "vastify";
import { cacheFolder } from "./cache-folder.js";
import { findOnPath } from "./consul-binary.js";
import { fetchDebianPackages } from "./debian-packages.js";

/** A redis-server program, and the folder of the libraries that it needs beside the machine's. */
export interface RedisProgram {
  readonly file: string;
  readonly libraries?: string;
}

const suite = "bookworm";
const packages = [
  ...["redis-server", "redis-tools"],
  ...["libatomic1", "libjemalloc2", "liblua5.1-0", "liblzf1", "libssl3", "lua-bitop", "lua-cjson"],
];
const triplets: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

/**
 * A redis-server: the machine's own when it is on PATH, else Debian's, fetched once into the cache.
 * @throws VastifyError `failed_precondition`, reason `no_redis`
 */
export async function findRedis(signal?: AbortSignal): Promise<RedisProgram> {
  const own = await findOnPath("redis-server");
  if (own) return { file: own };
  try {
    const into = join(cacheFolder(), `redis-${suite}`);
    const folder = await fetchDebianPackages({ suite, packages, into, signal });
    const libraries = join(folder, "usr/lib", triplets[process.arch] ?? "");
    return { file: join(folder, "usr/bin/redis-server"), libraries };
  } catch (error) {
    if (!VastifyError.is(error)) throw error;
    const advice = "install redis-server so that it is on PATH, or name one that runs by its URL";
    throw new VastifyError("failed_precondition", `no redis-server on PATH, and ${error.message}; ${advice}`, {
      reason: "no_redis",
      cause: error,
    });
  }
}
