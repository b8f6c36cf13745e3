import type { Logger, VastifyError } from "../core/index.js";

/**
 * Logs what a peer is told only in part: of an error that nobody foresaw it gets a trace id, by which the whole of it
 * is found here. The others are the caller's to judge.
 */
export function logFailure(log: Logger, error: VastifyError, tx: string | undefined): void {
  if (error.code === "internal") log.error("a peer's call failed", { err: error.cause ?? error, tx });
  else log.debug(`a peer's call failed: ${error.message}`, { code: error.code, reason: error.reason, tx });
}
