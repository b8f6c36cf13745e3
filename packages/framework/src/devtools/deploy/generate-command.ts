import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VastifyError } from "../../core/index.js";
import { type GeneratedFile, generatedMark, generateFiles } from "../../deploy/index.js";
import type { ExitCode, Output } from "../cli/commands.js";
import { leftFiles } from "./left-files.js";
import { lineDiff } from "./line-diff.js";
import { readManifest } from "./read-manifest.js";

export interface GenerateOptions {
  /** The manifest. @default the vastify.config.* of the working directory */
  readonly config?: string | undefined;
  /** Writes nothing and tells what would change. */
  readonly check: boolean;
  /** Overwrites files that somebody else wrote. */
  readonly force: boolean;
}

/**
 * Writes the files that put a system on hosts, or compares them: 1 when one is not as it would be written. Tells of those
 * that it wrote before and would no longer write, which are left for somebody to delete; with `check` they are a 1 too.
 * @throws VastifyError `failed_precondition`, reason `not_generated`, before anything is written, when a file is somebody's own
 */
export async function generateCommand(
  { config, check, force }: GenerateOptions,
  { out }: Output,
  workingDirectory = process.cwd(),
): Promise<ExitCode> {
  const { system, folder, moduleType } = await readManifest(config, workingDirectory);
  const files = await Promise.all(
    generateFiles(system, moduleType).map(async (file) => ({
      ...file,
      before: await readOrEmpty(join(folder, file.path)),
    })),
  );
  const changed = files.filter(({ text, before }) => text !== before);
  const left = await leftFiles(folder, files);
  if (check) {
    for (const { path, text, before } of changed)
      out(`${path} is not as it would be written:\n${lineDiff(before, text)}`);
    if (changed.length > 0) out("run `vastify generate`");
    for (const path of left) out(toDelete(path));
    return changed.length + left.length > 0 ? 1 : 0;
  }
  const own = changed.filter(({ before }) => before !== "" && !before.includes(generatedMark));
  if (own.length > 0 && !force) throw notGenerated(own);
  for (const file of changed) {
    await write(folder, file);
    out(`wrote ${file.path}`);
  }
  for (const path of left) out(toDelete(path));
  out(`${files.length} files, ${changed.length} changed`);
  return 0;
}

const toDelete = (path: string): string => `${path} is no longer generated: delete it`;

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

async function write(folder: string, { path, text, isExecutable = false }: GeneratedFile): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  if (isExecutable) await chmod(file, 0o755);
}

function notGenerated(files: readonly GeneratedFile[]): VastifyError {
  const paths = files.map(({ path }) => path).join(", ");
  return new VastifyError("failed_precondition", `${paths}: not written by vastify; --force overwrites it`, {
    reason: "not_generated",
  });
}
