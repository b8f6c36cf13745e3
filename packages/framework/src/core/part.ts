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

/**
 * Starts parts in order. When one fails, those already started are stopped in reverse and its error is thrown.
 * @param started receives each part as its start begins, so that a caller can stop half of a set
 */
export async function startParts(parts: readonly Part[], context: PartContext, started: Part[] = []): Promise<void> {
  for (const part of parts) {
    started.push(part);
    try {
      context.signal.throwIfAborted();
      await part.start(context);
    } catch (error) {
      await stopParts(started.splice(0), context.log);
      throw error;
    }
  }
}

/** Stops parts in reverse order. One failed stop never prevents the next: failures are logged. */
export async function stopParts(parts: readonly Part[], log: Logger = silentLogger): Promise<void> {
  for (const part of parts.toReversed()) {
    try {
      await part.stop();
    } catch (err) {
      log.error(`${part.name} did not stop cleanly`, { err });
    }
  }
}
