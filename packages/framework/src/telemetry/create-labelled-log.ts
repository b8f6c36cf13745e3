import { createRequire } from "node:module";
import type { Logger as LabelledLog } from "winston";
import type { LogFields, Logger } from "../core/index.js";

export type { LabelledLog };

/** A line as `format` gets it. */
export interface LabelledLine {
  readonly timestamp: string;
  readonly label: string;
  readonly level: string;
  readonly message: unknown;
  readonly [field: string]: unknown;
}

export interface LabelledLogOptions {
  /** One of winston's npm levels, such as `debug`. @default "info" */
  level?: string;
  /** Stands on every line. @default "microservices" */
  label?: string;
  /** @default `timestamp [label] level: message` */
  format?: (line: LabelledLine) => string;
}

/** A winston logger that writes `timestamp [label] level: message` to the console. */
export function createLabelledLog(options: LabelledLogOptions = {}): LabelledLog {
  const { level = "info", label = "microservices", format: write = plainLine } = options;
  const { createLogger, format, transports } = createRequire(import.meta.url)("winston") as typeof import("winston");
  return createLogger({
    level,
    format: format.combine(
      format.label({ label }),
      format.timestamp(),
      format.printf((info) => write(info as unknown as LabelledLine)),
    ),
    transports: [new transports.Console()],
  });
}

function plainLine({ timestamp, label, level, message }: LabelledLine): string {
  return `${timestamp} [${label}] ${level}: ${message}`;
}

/** A winston logger as the rooms' logger: the error of a line goes into its message, with the stack. */
export function asLogger(winston: LabelledLog): Logger {
  const at =
    (level: keyof Logger) =>
    (message: string, fields: LogFields = {}) => {
      const { err, ...rest } = fields;
      const said = err === undefined ? "" : `: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`;
      winston.log({ ...rest, level, message: `${message}${said}` });
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
