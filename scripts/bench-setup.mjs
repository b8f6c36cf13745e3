import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

const root = resolve(import.meta.dirname, "..");
const bench = join(root, "packages/framework/bench");
/** What is installed: the hash of the lock file it was installed from. */
const marker = join(bench, "node_modules/.installed-lock");

/** Brings the bench's own packages and the builds it uses up to date; says why and ends the process if it can't. */
export function prepareBench() {
  const lock = createHash("sha256")
    .update(readFileSync(join(bench, "package-lock.json")))
    .digest("hex");
  if (!existsSync(marker) || readFileSync(marker, "utf8") !== lock) {
    runOrExit("npm", ["ci", "--prefix", bench, "--loglevel=error"]);
    writeFileSync(marker, lock);
  }
  runOrExit(process.execPath, [join(root, "scripts/build.mjs"), "packages/backends"]);
  const found = realpathSync(createRequire(join(bench, "package.json")).resolve("vastify"));
  if (found.startsWith(join(root, "packages/framework/dist") + sep)) return;
  console.error(`vastify resolves to ${found}, which is not this workspace's build`);
  process.exit(1);
}

/** The modules of a folder under bench/, as `{ name, module }`, in the order of their names. */
export async function benchModules(folder = "") {
  const path = join(bench, folder);
  if (!existsSync(path)) return [];
  const files = readdirSync(path)
    .filter((file) => file.endsWith(".mjs"))
    .sort();
  return Promise.all(
    files.map(async (file) => ({
      name: file.slice(0, -".mjs".length),
      module: await import(pathToFileURL(join(path, file)).href),
    })),
  );
}

/** One line each: the name and what it is about. */
export function listOf(modules) {
  const width = Math.max(0, ...modules.map(({ name }) => name.length));
  return modules.map(({ name, module }) => `  ${name.padEnd(width)}  ${module.summary}`).join("\n");
}

function runOrExit(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  console.error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
  process.exit(1);
}
