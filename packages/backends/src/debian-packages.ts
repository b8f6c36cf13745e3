import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { VastifyError } from "vastify";
import { type AptSource, readDebianMirrors } from "./apt-sources.js";
import { type CommandResult, runCommand } from "./run-command.js";

export interface DebianPackagesOptions {
  /** A Debian release, e.g. `bullseye`; it need not be the machine's own. */
  suite: string;
  packages: readonly string[];
  /** The folder to unpack into. Once it exists it is taken as complete and nothing is fetched. */
  into: string;
  /** Gives up when it aborts. @default after 3 minutes */
  signal?: AbortSignal | undefined;
}

const archiveKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Unpacks packages of any Debian release from the machine's own mirror, without root and without installing them.
 * Safe to run in several processes at once: each fetches beside the folder, and the first to finish gives its name.
 * @throws VastifyError `failed_precondition`, reason `no_packages`
 */
export async function fetchDebianPackages(options: DebianPackagesOptions): Promise<string> {
  const { into } = options;
  if (existsSync(into)) return into;
  const deadline = AbortSignal.timeout(180_000);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  await mkdir(dirname(into), { recursive: true });
  await removeAbandoned(into);
  const work = `${into}.partial-${process.pid}`;
  try {
    await fetchFromFirstMirror({ ...options, signal }, work);
    await rename(join(work, "files"), into).catch((error: unknown) => {
      if (!existsSync(into)) throw error;
    });
    return into;
  } catch (error) {
    if (!deadline.aborted) throw error;
    throw noPackages(options, "no answer from the mirror within 3 minutes", error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What a killed process left beside `into`. */
async function removeAbandoned(into: string): Promise<void> {
  const prefix = `${basename(into)}.partial-`;
  for (const name of await readdir(dirname(into))) {
    if (!name.startsWith(prefix) || isAlive(Number(name.slice(prefix.length)))) continue;
    await rm(join(dirname(into), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

type Fetch = DebianPackagesOptions & { signal: AbortSignal };

async function fetchFromFirstMirror(fetch: Fetch, work: string): Promise<void> {
  const mirrors = await readDebianMirrors();
  let why = "apt's configuration names no Debian mirror";
  for (const mirror of mirrors) {
    await rm(work, { recursive: true, force: true });
    const failure = await fetchFrom(mirror, fetch, work);
    if (failure === undefined) return;
    why = failure;
  }
  throw noPackages(fetch, why);
}

/** Leaves the unpacked packages in `work`/files; otherwise says in a few words why not. */
async function fetchFrom(mirror: AptSource, fetch: Fetch, work: string): Promise<string | undefined> {
  const { suite, packages, signal } = fetch;
  const folders = ["lists/partial", "cache/archives/partial", "debs", "files"].map((name) => join(work, name));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  await writeFile(join(work, "sources.list"), `deb [${sourceOptions(mirror)}] ${mirror.uri} ${suite} main\n`);
  const settings = aptSettings(work);
  const debs = join(work, "debs");

  const update = await runCommand("apt-get", [...settings, "update"], { cwd: debs, signal });
  if (update.isMissing) return "there is no apt on this system";
  // Update also fails for a hook of the machine that needs root, so only the download decides.
  const download = await runCommand("apt-get", [...settings, "download", ...packages], { cwd: debs, signal });
  if (download.exitCode !== 0)
    return `apt-get failed: ${complaint(update) ?? complaint(download) ?? "no reason given"}`;
  for (const deb of await readdir(debs)) {
    const unpack = await runCommand("dpkg", ["-x", deb, join(work, "files")], { cwd: debs, signal });
    if (unpack.exitCode !== 0) return `dpkg -x ${deb} failed: ${complaint(unpack) ?? "no reason given"}`;
  }
  return undefined;
}

function sourceOptions(mirror: AptSource): string {
  const keyring = existsSync(archiveKeyring) ? archiveKeyring : mirror.signedBy;
  // Only the package index: translations and desktop metadata are of no use here.
  return ["target=Packages", keyring && `signed-by=${keyring}`, mirror.isTrusted && "trusted=yes"]
    .filter(Boolean)
    .join(" ");
}

/** Keeps apt within our folder: it neither reads the machine's sources, pins and installed packages nor writes its state. */
function aptSettings(work: string): string[] {
  return [
    `Dir::Etc::sourcelist=${join(work, "sources.list")}`,
    "Dir::Etc::sourceparts=-",
    "Dir::Etc::preferences=-",
    "Dir::Etc::preferencesparts=-",
    `Dir::State::lists=${join(work, "lists")}`,
    "Dir::State::status=/dev/null",
    `Dir::Cache=${join(work, "cache")}`,
    "Debug::NoLocking=1",
    "APT::Sandbox::User=",
    "Acquire::Retries=2",
  ].flatMap((setting) => ["-o", setting]);
}

/** apt's first error, on one line. */
function complaint({ stderr }: CommandResult): string | undefined {
  return stderr.split("\n").find((line) => /^(E|Err|dpkg)\b/.test(line)) ?? stderr.trim().split("\n").at(-1);
}

function noPackages({ packages, suite }: DebianPackagesOptions, why: string, cause?: unknown): VastifyError {
  const message = `could not fetch ${packages.join(", ")} of Debian ${suite}: ${why}`;
  return new VastifyError("failed_precondition", message, { reason: "no_packages", cause });
}
