import { delay } from "./delay.js";
import { VastifyError } from "./error.js";
import { type Logger, silentLogger } from "./logger.js";
import type { Message } from "./message.js";

/** What a part is given when it starts. */
export interface PartContext {
  readonly log: Logger;
  /** Aborts when the start is given up. */
  readonly signal: AbortSignal;
  /**
   * Calls an action of another service; those of this one come after its parts. Absent where no service starts the part.
   * @throws VastifyError with the code and reason of what went wrong
   */
  readonly act?: (message: Message, options?: PartCallOptions) => Promise<unknown>;
}

/** How a part's call is made. */
export interface PartCallOptions {
  /** How long to wait for the result, in milliseconds. @default the service's `timeoutMs` */
  timeoutMs?: number;
  /** Gives the call up when it aborts. */
  signal?: AbortSignal;
  /** The action may be carried out twice without harm. @default false */
  idempotent?: boolean;
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
  /** The service takes no new work from now on: end calls that only wait, or they hold its leaving up. */
  leave?(): void;
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
      // One that somebody else has started is his to stop.
      if (VastifyError.is(cause) && cause.reason === "started_before") started.pop();
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
