import { readFileSync } from "node:fs";

/**
 * What a JSON file of ours holds, nothing when there is none yet, or in words what is wrong with it.
 * @param read what is made of the JSON, or what is wrong with it
 * @param unreadable what is wrong when it is no JSON, or `read` throws
 */
export function readKeptFile<T extends object>(
  path: string,
  read: (value: unknown) => T | string,
  unreadable: string,
): T | undefined | string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : message;
  }
  try {
    return read(JSON.parse(text));
  } catch {
    return unreadable;
  }
}
