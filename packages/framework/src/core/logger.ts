/** Extra facts of a log line. `err` is the place for an error; `tx` for the trace id. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the rooms log through; telemetry makes the real one. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Says nothing: the default of everything that takes a logger. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
