import type { Logger } from "../core/index.js";
import { VastifyError } from "../core/index.js";

/** What `runService` needs of Node's `process`. */
export interface ProcessLike {
  once(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  once(event: "uncaughtException", listener: (error: Error) => void): unknown;
  once(event: "unhandledRejection", listener: (reason: unknown) => void): unknown;
  on(event: "message", listener: (message: unknown) => void): unknown;
  /** Present when its starter, such as pm2, keeps a channel to it. */
  send?: (message: string) => unknown;
  readonly stdout: { on(event: "error", listener: (error: Error) => void): unknown };
  readonly stderr: { on(event: "error", listener: (error: Error) => void): unknown; write(text: string): unknown };
  exit(code: number): never;
}

export interface Runnable {
  readonly log: Logger;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs a service as a process: starts it, tells pm2 that it is ready, and stops it on SIGTERM, SIGINT or the message
 * "shutdown" (pm2's `shutdown_with_message`). A start that fails is told in one line and exits with 1; an error that
 * nobody caught is logged, and the process leaves in order and exits with 1. When nobody reads its log any more (`EPIPE`)
 * it serves on.
 * @param service the service, or how to make it; then what is wrong with its options is told in one line too
 */
export async function runService(service: Runnable | (() => Runnable), process: ProcessLike): Promise<void> {
  // Whoever reads the log may end before us.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const runnable = typeof service === "function" ? make(service, process) : service;
  const leave = (code: number): void => {
    runnable.stop().then(
      () => process.exit(code),
      () => process.exit(1),
    );
  };
  process.once("SIGTERM", () => leave(0));
  process.once("SIGINT", () => leave(0));
  if (process.send)
    process.on("message", (message) => {
      if (message === "shutdown") leave(0);
    });
  const crash = (err: unknown): void => {
    runnable.log.error("an error that nobody caught; leaving", { err });
    leave(1);
  };
  process.once("uncaughtException", crash);
  process.once("unhandledRejection", crash);
  try {
    await runnable.start();
  } catch (thrown) {
    const error = VastifyError.from(thrown);
    const expected = error.code !== "internal";
    runnable.log.error(
      `it did not start: ${error.message}`,
      expected ? { reason: error.reason } : { err: error.cause ?? error },
    );
    process.exit(1);
  }
  process.send?.("ready");
}

function make(create: () => Runnable, process: ProcessLike): Runnable {
  try {
    return create();
  } catch (thrown) {
    const error = VastifyError.from(thrown);
    const text = error.code === "internal" && error.cause instanceof Error ? error.cause.stack : error.message;
    process.stderr.write(`it did not start: ${text}\n`);
    return process.exit(1);
  }
}
