import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { VastifyError } from "../../core/index.js";
import { type ModuleType, readSystem, type System } from "../../deploy/index.js";

/** Names of the manifest, in the order in which they are looked for. A `.ts` needs a Node.js that strips types. */
const names = ["mjs", "js", "cjs", "mts", "ts", "json"].map((ending) => `vastify.config.${ending}`);

export interface Manifest {
  readonly system: System;
  /** The folder that its paths are relative to. */
  readonly folder: string;
  /** As what Node.js reads `.js` files there. */
  readonly moduleType: ModuleType;
}

/**
 * Reads a system's manifest: the default export of a module, or JSON.
 * @param file @default the vastify.config.* of the working directory
 * @throws VastifyError `invalid_argument`, reasons `bad_manifest` and `bad_option`
 */
export async function readManifest(file: string | undefined, workingDirectory: string): Promise<Manifest> {
  const path = file === undefined ? find(workingDirectory) : resolve(workingDirectory, file);
  const declaration = await load(path);
  try {
    const folder = dirname(path);
    return { system: readSystem(declaration), folder, moduleType: await moduleTypeOf(folder) };
  } catch (error) {
    throw badManifest(path, VastifyError.from(error).message);
  }
}

function find(folder: string): string {
  const found = names.map((name) => resolve(folder, name)).find((path) => existsSync(path));
  if (found) return found;
  throw badManifest(resolve(folder, names[0] as string), "there is no such file");
}

async function load(path: string): Promise<unknown> {
  try {
    if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8"));
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    return module.default;
  } catch (error) {
    throw badManifest(path, error instanceof Error ? error.message : String(error));
  }
}

/** The nearest package.json counts, as it does for Node.js. */
async function moduleTypeOf(folder: string): Promise<ModuleType> {
  const file = resolve(folder, "package.json");
  if (existsSync(file)) return JSON.parse(await readFile(file, "utf8")).type === "module" ? "module" : "commonjs";
  const above = dirname(folder);
  return above === folder ? "commonjs" : moduleTypeOf(above);
}

function badManifest(path: string, why: string): VastifyError {
  return new VastifyError("invalid_argument", `${path} declares no system: ${why}`, { reason: "bad_manifest" });
}
