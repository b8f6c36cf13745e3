export {
  asLogger,
  createLabelledLog,
  type LabelledLine,
  type LabelledLog,
  type LabelledLogOptions,
} from "./create-labelled-log.js";
export { createLog, type LogIdentity, type LogLevel, type LogOptions, logLevels } from "./create-log.js";
