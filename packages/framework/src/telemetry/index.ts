export { createLog, type LogIdentity, type LogLevel, type LogOptions, logLevels } from "./create-log.js";
