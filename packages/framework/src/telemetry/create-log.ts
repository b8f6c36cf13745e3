import { createRequire } from "node:module";
import { type LogFields, type Logger, silentLogger } from "../core/index.js";

export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  /** @default "info" */
  level?: LogLevel;
  /** `pretty` for people, `json` for machines. @default `pretty` in a terminal, else `json` */
  format?: "pretty" | "json";
  /** Whether `pretty` lines are colored. @default in a terminal */
  color?: boolean;
  /** Where lines go. @default process.stdout */
  stream?: NodeJS.WritableStream & { isTTY?: boolean };
}

/** Who writes: these stand on every line. */
export interface LogIdentity {
  readonly service: string;
  readonly version: string;
  readonly instance: string;
}

/** A winston logger whose every line carries service, version, instance and, within a call, the trace id as `tx`. */
export function createLog(identity: LogIdentity, options: LogOptions = {}): Logger {
  const { level = "info", stream = process.stdout } = options;
  const style = options.format ?? (stream.isTTY ? "pretty" : "json");
  const formatted =
    style === "json" ? jsonLine(identity) : prettyLine(identity, options.color ?? stream.isTTY === true);
  let output: LineOutput | undefined;
  // winston writes a line out, and only then looks whether anybody wants it.
  const isOff = (lineLevel: LogLevel) => logLevels.indexOf(lineLevel) > logLevels.indexOf(level);
  const at = (lineLevel: LogLevel) =>
    isOff(lineLevel)
      ? silentLogger[lineLevel]
      : (message: string, fields?: LogFields) => {
          output ??= openOutput({ level, formatted, stream });
          output.log({ level: lineLevel, message, fields });
        };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

interface LineOutput {
  log(line: Line): unknown;
}

/** winston is loaded with the first line that somebody wants: a service that says nothing does without its megabytes. */
function openOutput(options: {
  level: LogLevel;
  formatted: (line: Line) => string;
  stream: NodeJS.WritableStream;
}): LineOutput {
  const { level, formatted, stream } = options;
  try {
    const { createLogger, format, transports } = createRequire(import.meta.url)("winston") as typeof import("winston");
    return createLogger({
      level,
      format: format.printf((info) => formatted(info as unknown as Line)),
      transports: [new transports.Stream({ stream, eol: "\n" })],
    });
  } catch {
    // A process that can open no more files can't load it, and has something to say.
    return { log: (line) => stream.write(`${formatted(line)}\n`) };
  }
}

interface Line {
  readonly level: string;
  readonly message: unknown;
  readonly fields?: LogFields | undefined;
}

function jsonLine({ service, version, instance }: LogIdentity) {
  return ({ level, message, fields = {} }: Line): string => {
    const { err, ...rest } = fields;
    const error = err === undefined ? undefined : plainError(err);
    return stringify({
      time: new Date().toISOString(),
      level,
      message,
      service,
      version,
      instance,
      ...rest,
      ...(error && { err: error }),
    });
  };
}

const colors: Readonly<Record<string, string>> = { error: "31", warn: "33", info: "32", debug: "90" };

function prettyLine({ service, version, instance }: LogIdentity, colored: boolean) {
  const shortInstance = instance.replace(/^.*@/, "").slice(0, 8);
  const paint = (code: string | undefined, text: string) =>
    colored && code ? `\u001b[${code}m${text}\u001b[0m` : text;
  return ({ level, message, fields = {} }: Line): string => {
    const { err, tx, ...rest } = fields;
    const time = new Date().toISOString().slice(11, 23);
    const who = `${service}@${version} ${shortInstance}`;
    const trace = typeof tx === "string" ? tx.slice(0, 8) : "-";
    const facts = Object.keys(rest).length > 0 ? ` ${stringify(rest)}` : "";
    const stack =
      err === undefined ? "" : `\n    ${(plainError(err).stack ?? plainError(err).message).replaceAll("\n", "\n    ")}`;
    return `${time} ${paint(colors[level], level.padEnd(5))} ${paint("36", who)} ${paint("90", trace)} ${message}${facts}${stack}`;
  };
}

function plainError(err: unknown): { message: string; code?: unknown; reason?: unknown; stack?: string } {
  if (!(err instanceof Error)) return { message: String(err) };
  const { code, reason } = err as { code?: unknown; reason?: unknown };
  return {
    message: err.message,
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason }),
    ...(err.stack && { stack: err.stack }),
  };
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part));
  } catch {
    return '"(not serializable)"';
  }
}
