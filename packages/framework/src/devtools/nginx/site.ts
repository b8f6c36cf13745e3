import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { NginxProgram } from "./nginx-program.js";

/** A file that nginx includes. */
export interface Site {
  /**
   * Puts a text in its place and makes nginx read it, if it is another one. When nginx finds it wrong, what stood there
   * before comes back; until then nginx itself goes on with what it has read.
   * @returns whether nginx was made to read it
   * @throws VastifyError `failed_precondition`, reason `nginx_refused`
   */
  install(text: string): Promise<boolean>;
}

export function createSite(file: string, nginx: NginxProgram): Site {
  // It says that nginx has not read the file, to whoever comes after a process that could not make it, or died.
  const unread = `${file}.unread`;

  async function replaceChecked(before: string | undefined, text: string, wasUnread: boolean): Promise<void> {
    await writeFile(unread, "");
    await replace(file, text);
    try {
      await nginx.test();
    } catch (error) {
      if (before === undefined) await rm(file);
      else await replace(file, before);
      if (!wasUnread) await rm(unread);
      throw error;
    }
  }

  return {
    async install(text) {
      const before = await readIfThere(file);
      const wasUnread = (await readIfThere(unread)) !== undefined;
      if (before === text && !wasUnread) return false;
      if (before !== text) await replaceChecked(before, text, wasUnread);
      await nginx.reload();
      await rm(unread, { force: true });
      return true;
    },
  };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** At once: whoever reads the file meanwhile sees the one text or the other. */
async function replace(file: string, text: string): Promise<void> {
  // Not *.conf, which nginx may include; nor one that another process writes meanwhile.
  const next = `${file}.${process.pid}.next`;
  await writeFile(next, text);
  await rename(next, file);
}
