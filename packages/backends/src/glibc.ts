import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "./cache-folder.js";
import { fetchDebianPackages } from "./debian-packages.js";

/** The version of the C library that this process runs on; undefined where it is not glibc. */
export function glibcVersion(): string | undefined {
  if (!process.report) return undefined;
  // The report would otherwise look up the names of all peers, which may take seconds.
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime;
}

/** Compares dotted versions number by number: `2.4` is older than `2.38`. */
export function isOlderVersion(version: string, than: string): boolean {
  const ours = version.split(".").map(Number);
  const theirs = than.split(".").map(Number);
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const [our = 0, their = 0] = [ours[i], theirs[i]];
    if (our !== their) return our < their;
  }
  return false;
}

/** glibc's names of the platforms that Debian has packages for. */
const loaders: Readonly<Record<string, { triplet: string; loader: string }>> = {
  x64: { triplet: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2" },
  arm64: { triplet: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1" },
};

/**
 * The command that starts Node on a newer glibc than the machine's, fetched once into the cache: the new loader,
 * which takes the new libraries first and the machine's for everything else.
 */
export async function nodeOnNewerGlibc(signal: AbortSignal | undefined): Promise<string[]> {
  const platform = loaders[process.arch];
  if (!platform) throw new Error(`there is no newer glibc for ${process.arch}`);
  const into = join(cacheFolder(), "glibc-trixie");
  const packages = ["libc6", "libstdc++6", "libgcc-s1"];
  const folder = await fetchDebianPackages({ suite: "trixie", packages, into, signal });
  const libraries = join(folder, "usr/lib", platform.triplet);
  const machines = [`/usr/lib/${platform.triplet}`, "/usr/lib64", "/lib64"].filter((path) => existsSync(path));
  const node = await realpath(process.execPath);
  return [join(libraries, platform.loader), "--library-path", [libraries, ...machines].join(":"), node];
}
