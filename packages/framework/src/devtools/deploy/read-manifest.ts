import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { VastifyError } from "../../core/index.js";
import { readSystem, type System } from "../../deploy/index.js";

/** Names of the manifest, in the order in which they are looked for. A `.ts` needs a Node.js that strips types. */
const names = ["mjs", "js", "cjs", "mts", "ts", "json"].map((ending) => `vastify.config.${ending}`);

export interface Manifest {
  readonly system: System;
  /** The folder that its paths are relative to. */
  readonly folder: string;
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
    return { system: readSystem(declaration), folder: dirname(path) };
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

function badManifest(path: string, why: string): VastifyError {
  return new VastifyError("invalid_argument", `${path} declares no system: ${why}`, { reason: "bad_manifest" });
}
