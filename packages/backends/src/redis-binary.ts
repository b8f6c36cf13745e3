import { VastifyError } from "vastify";
import { type DebianProgram, findDebianProgram } from "./debian-program.js";

const libraries = ["libatomic1", "libjemalloc2", "liblua5.1-0", "liblzf1", "libssl3", "lua-bitop", "lua-cjson"];

/**
 * A redis-server: the machine's own when it is on PATH, else Debian's, fetched once into the cache.
 * @throws VastifyError `failed_precondition`, reason `no_redis`
 */
export async function findRedis(signal?: AbortSignal): Promise<DebianProgram> {
  try {
    // Debian's package of that name holds no program: the server is in redis-tools.
    return await findDebianProgram("usr/bin/redis-server", ["redis-server", "redis-tools", ...libraries], signal);
  } catch (error) {
    if (!VastifyError.is(error)) throw error;
    const advice = "install redis-server so that it is on PATH, or name one that runs by its URL";
    throw new VastifyError("failed_precondition", `no redis-server on PATH, and ${error.message}; ${advice}`, {
      reason: "no_redis",
      cause: error,
    });
  }
}
