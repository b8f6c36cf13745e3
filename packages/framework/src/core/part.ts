import { delay } from "./delay.js";
import { VastifyError } from "./error.js";
import { type Logger, silentLogger } from "./logger.js";

/** What a part is given when it starts. */
export interface PartContext {
  readonly log: Logger;
  /** Aborts when the start is given up. */
  readonly signal: AbortSignal;
}

/** What `/health` tells of a part. */
export interface PartHealth {
  readonly ok: boolean;
  readonly [fact: string]: unknown;
}

/** Something a service starts and stops: a broker connection, a database, the gateway. */
export interface Part {
  readonly name: string;
  /** Resolve once ready to serve; give up when `context.signal` aborts. */
  start(context: PartContext): Promise<void>;
  /** Finish work in flight, then release everything. Safe to call twice. */
  stop(): Promise<void>;
  /** Whether it can do its work now; a part without it counts as healthy. */
  health?(): PartHealth;
}

/** Longer than any part's own grace; one that takes more is left behind. */
const longestStopMs = 30_000;

/**
 * Starts parts in order. When one fails, or the start is given up, those already started are stopped in reverse and
 * the error is thrown.
 * @throws VastifyError `failed_precondition`, reason `part_failed`, naming the part whose error was not one of ours
 */
export async function startParts(parts: readonly Part[], context: PartContext): Promise<void> {
  const started: Part[] = [];
  // One for all parts: Node warns of an eleventh listener on a signal.
  const abandoned = givenUp(context.signal);
  abandoned.catch(() => {});
  for (const part of parts) {
    started.push(part);
    try {
      context.signal.throwIfAborted();
      await Promise.race([part.start(context), abandoned]);
    } catch (cause) {
      await stopParts(started, context.log);
      if (VastifyError.is(cause)) throw cause;
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new VastifyError("failed_precondition", `${part.name} did not start: ${said}`, {
        reason: "part_failed",
        cause,
      });
    }
  }
}

/** Rejects when the start is given up: not every part looks at its signal. */
function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Stops parts in reverse order. One that fails or takes too long never prevents the next; it is logged. */
export async function stopParts(
  parts: readonly Part[],
  log: Logger = silentLogger,
  longestMs = longestStopMs,
): Promise<void> {
  for (const part of parts.toReversed()) {
    try {
      const stopped = await Promise.race([part.stop().then(() => true), delay(longestMs)]);
      if (!stopped) log.error(`${part.name} did not stop within ${longestMs} ms and is left behind`);
    } catch (err) {
      log.error(`${part.name} did not stop cleanly`, { err });
    }
  }
}
