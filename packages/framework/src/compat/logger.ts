import type { Logger as CoreLogger } from "../core/index.js";
import { createLabelledLog, type LabelledLog, type LabelledLogOptions } from "../telemetry/index.js";

/** The 2018 logger: a new winston logger at each call, so that two callers never share a level or a format. */
function generateLogger(options: LabelledLogOptions = {}): LabelledLog {
  return createLabelledLog(options);
}

class LoggerTool {
  static readonly generateLogger = generateLogger;
  readonly generateLogger = generateLogger;
}

/** As a value, 2018's logger tool; as a type, the logger that the framework's options take. */
export const Logger = LoggerTool;
export type Logger = CoreLogger;
