import { z } from "zod";
import { type Logger, readKeptFile, replaceFile } from "../core/index.js";
import { type SettingsAnswer, settingsAnswerShape } from "./settings-answer.js";

/** The last good settings, in a file of this process. Whatever is wrong with it is logged and never thrown. */
export interface SettingsFile {
  load(log: Logger): SavedSettings | undefined;
  save(answer: SettingsAnswer, log: Logger): void;
  /** Resolves when the last of it is written. */
  stop(): Promise<void>;
}

export interface SavedSettings extends SettingsAnswer {
  readonly savedAt: string;
}

const format = "vastify-settings";
const fileShape = settingsAnswerShape.extend({ format: z.literal(format), savedAt: z.iso.datetime() });

/** @param path nothing is kept without one */
export function createSettingsFile(path: string | undefined, name: string): SettingsFile {
  let writing = Promise.resolve();
  return {
    load(log) {
      if (path === undefined) return undefined;
      const read = readSaved(path, name);
      if (typeof read !== "string") return read;
      log.warn(`the settings kept in ${path} are ignored: ${read}`);
      return undefined;
    },
    save(answer, log) {
      if (path === undefined) return;
      const text = `${JSON.stringify({ format, savedAt: new Date().toISOString(), ...answer })}\n`;
      writing = writing
        .then(() => replaceFile(path, text))
        .catch((err: unknown) => log.warn(`the settings ${name} can't be kept in ${path}`, { err }));
    },
    stop: () => writing,
  };
}

/** What the file holds, nothing when there is none yet, or what is wrong with it. */
function readSaved(path: string, name: string): SavedSettings | undefined | string {
  const read = (value: unknown) => {
    const saved = fileShape.parse(value);
    return saved.name === name ? saved : `they are those of ${saved.name}`;
  };
  return readKeptFile(path, read, "it is no file of settings");
}
