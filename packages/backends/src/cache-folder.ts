import { join, resolve } from "node:path";

const repositoryRoot = resolve(import.meta.dirname, "../../..");

/**
 * Where downloaded servers are kept between runs.
 * @default .vastify/cache in the repository; the environment's VASTIFY_CACHE_DIR overrides it
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.VASTIFY_CACHE_DIR ? resolve(env.VASTIFY_CACHE_DIR) : join(repositoryRoot, ".vastify", "cache");
}
