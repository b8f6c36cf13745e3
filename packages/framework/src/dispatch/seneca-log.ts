import type { LogFields, Logger } from "../core/index.js";

/** An entry of Seneca's log, as far as we read it. */
interface SenecaLogEntry {
  readonly level_name?: string;
  readonly kind?: string;
  readonly case?: string;
  readonly pattern?: string;
  readonly plugin_name?: string;
  readonly actid?: string;
  readonly notice?: string;
  readonly info?: string;
  readonly data?: readonly unknown[] | unknown;
  readonly err?: unknown;
}

/**
 * Carries Seneca's log into ours. Messages and results stay out of it: they may hold what identifies people.
 * A failed action is the caller's to judge, so Seneca's own note of it goes to `debug`.
 */
export function createSenecaLog(log: Logger): (entry: SenecaLogEntry) => void {
  return (entry) => {
    const fields: LogFields = {
      ...(entry.pattern && { pattern: entry.pattern }),
      ...(entry.plugin_name && entry.plugin_name !== "root$" && { plugin: entry.plugin_name }),
      ...(entry.actid && { tx: entry.actid.split("/")[1] }),
      ...(entry.err !== undefined && entry.err !== null && { err: entry.err }),
    };
    const written = Array.isArray(entry.data) ? entry.data : entry.data === undefined ? [] : [entry.data];
    const said = isWrittenByPeople(entry) ? written : [];
    const [message = describe(entry), ...rest] = said;
    log[levelOf(entry)](String(message), rest.length > 0 ? { ...fields, data: rest } : fields);
  };
}

function isWrittenByPeople(entry: SenecaLogEntry): boolean {
  return entry.case === undefined && entry.data !== undefined;
}

function levelOf(entry: SenecaLogEntry): keyof Logger {
  if (entry.case === "DEPRECATED") return "warn";
  if (!isWrittenByPeople(entry)) return entry.level_name === "fatal" ? "error" : "debug";
  const level = entry.level_name;
  if (level === "fatal") return "error";
  return level === "error" || level === "warn" || level === "info" ? level : "debug";
}

function describe(entry: SenecaLogEntry): string {
  return entry.notice ?? ["seneca", entry.kind, entry.case, entry.info].filter(Boolean).join(" ");
}
