import { join } from "node:path";
import { cacheFolder } from "./cache-folder.js";
import { findOnPath } from "./consul-binary.js";
import { fetchDebianPackages } from "./debian-packages.js";

/** A program, and the folder of the libraries that it needs beside the machine's. */
export interface DebianProgram {
  readonly file: string;
  readonly libraries?: string;
}

const suite = "bookworm";
const triplets: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

/**
 * The machine's own program when it is installed, else Debian's, fetched once into the cache.
 * @param file where it is, relative to the root, e.g. `usr/sbin/nginx`
 * @param packages the package that holds it, and those of the libraries that a bare system lacks
 * @throws VastifyError `failed_precondition`, reason `no_packages`
 */
export async function findDebianProgram(
  file: string,
  packages: readonly [string, ...string[]],
  signal?: AbortSignal,
): Promise<DebianProgram> {
  // Programs of administrators are often not on an ordinary user's PATH.
  const PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  const own = await findOnPath(file.split("/").at(-1) as string, { PATH });
  if (own) return { file: own };
  const into = join(cacheFolder(), `${packages[0]}-${suite}`);
  const folder = await fetchDebianPackages({ suite, packages, into, signal });
  return { file: join(folder, file), libraries: join(folder, "usr/lib", triplets[process.arch] ?? "") };
}

/** The environment in which such a program finds its libraries. */
export function envOf({ libraries }: DebianProgram): NodeJS.ProcessEnv {
  return { ...process.env, ...(libraries && { LD_LIBRARY_PATH: libraries }) };
}
