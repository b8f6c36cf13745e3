import { type Logger, type Part, type PartContext, startParts, stopParts, VastifyError } from "../core/index.js";

/** How long any one part may take to stop, besides the times that the options give, in milliseconds. */
const longestPartStopMs = 20_000;

/** Where a service is between its making and its end, and the two ways on. */
export interface ServiceLife {
  readonly state: "idle" | "starting" | "running" | "leaving" | "stopped";
  /** From now on the service says that it is ready; the last parts may still be starting. */
  beginRunning(): void;
  /**
   * Starts the parts, which may call by `act`, in this order.
   * @throws VastifyError what a part throws, or reason `started_before` or `deadline_exceeded`
   */
  start(parts: readonly Part[], act: NonNullable<PartContext["act"]>): Promise<void>;
  /** Stops in reverse what was started; ends a start that is under way. Each call gives the same promise. */
  stop(): Promise<void>;
}

export function createServiceLife(options: {
  name: string;
  startTimeoutMs: number;
  noticeMs: number;
  graceMs: number;
  log: Logger;
}): ServiceLife {
  const { name, startTimeoutMs, log } = options;
  const givingUp = new AbortController();
  let state: ServiceLife["state"] = "idle";
  let started: readonly Part[] = [];
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  async function start(parts: readonly Part[], act: NonNullable<PartContext["act"]>): Promise<void> {
    if (state !== "idle")
      throw new VastifyError("failed_precondition", `${name} was started before; make a new service`, {
        reason: "started_before",
      });
    state = "starting";
    started = parts;
    const tooLate = setTimeout(() => givingUp.abort(startedTooSlowly(name, startTimeoutMs)), startTimeoutMs);
    starting = startParts(parts, { log, signal: givingUp.signal, act });
    try {
      await starting;
    } catch (error) {
      state = "stopped";
      throw error;
    } finally {
      clearTimeout(tooLate);
    }
  }

  async function stop(): Promise<void> {
    givingUp.abort(new VastifyError("canceled", `${name} was stopped while it started`));
    await starting?.catch(() => {});
    if (state !== "running") {
      state = "stopped";
      return;
    }
    state = "leaving";
    log.info("leaving: no new work, finishing what is in flight");
    await stopParts(started, log, longestPartStopMs + Math.max(options.noticeMs, options.graceMs));
    state = "stopped";
    log.info("stopped");
  }

  return {
    get state() {
      return state;
    },
    beginRunning() {
      state = "running";
    },
    start,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

function startedTooSlowly(name: string, timeoutMs: number): VastifyError {
  return new VastifyError("deadline_exceeded", `${name} did not start within ${timeoutMs} ms`, {
    reason: "deadline_exceeded",
  });
}
