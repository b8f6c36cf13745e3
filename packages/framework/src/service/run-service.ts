import type { Logger } from "../core/index.js";
import { VastifyError } from "../core/index.js";

/** What `runService` needs of Node's `process`. */
export interface ProcessLike {
  once(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  /** Present under pm2's `wait_ready`. */
  send?: (message: string) => unknown;
  exit(code: number): never;
}

export interface Runnable {
  readonly log: Logger;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs a service as a process: starts it, tells pm2 that it is ready, and stops it on SIGTERM or SIGINT. A start that
 * fails is told in one line and exits with 1.
 */
export async function runService(service: Runnable, process: ProcessLike): Promise<void> {
  const leave = (): void => {
    service.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGTERM", leave);
  process.once("SIGINT", leave);
  try {
    await service.start();
  } catch (thrown) {
    const error = VastifyError.from(thrown);
    const expected = error.code !== "internal";
    service.log.error(
      `it did not start: ${error.message}`,
      expected ? { reason: error.reason } : { err: error.cause ?? error },
    );
    process.exit(1);
  }
  process.send?.("ready");
}
