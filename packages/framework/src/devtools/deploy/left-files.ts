import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type GeneratedFile, generatedMark } from "../../deploy/index.js";

/** The mark stands in the first lines, so more need not be looked at. */
const headLength = 500;

/** What was generated into `deploy/` before and would not be now, as after a service was taken from the manifest. */
export async function leftFiles(folder: string, files: readonly GeneratedFile[]): Promise<readonly string[]> {
  const generated = new Set(files.map(({ path }) => path));
  const entries = await readdir(join(folder, "deploy"), { recursive: true, withFileTypes: true }).catch(() => []);
  const others = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !generated.has(path));
  const isLeft = await Promise.all(others.map((path) => isMarked(join(folder, path))));
  return others.filter((_, index) => isLeft[index]).sort();
}

/** One that can't be read is somebody's own. */
async function isMarked(path: string): Promise<boolean> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.slice(0, headLength).includes(generatedMark);
}
