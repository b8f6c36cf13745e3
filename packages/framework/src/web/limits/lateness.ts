/** How late the event loop is with what it does. */
export interface Lateness {
  /** In milliseconds, lately. */
  readonly ms: number;
  start(): void;
  stop(): void;
}

/** How often it is looked at, in milliseconds. */
const everyMs = 100;

/** Measured by a timer of its own: how much later it fires than it should. */
export function createLateness(): Lateness {
  let due = 0;
  let ms = 0;
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const now = performance.now();
    // One stall alone is soon over, and no reason to refuse anybody: what lasts counts in full.
    ms = (ms + Math.max(0, now - due)) / 2;
    due = now + everyMs;
  }

  return {
    get ms() {
      return ms;
    },
    start() {
      due = performance.now() + everyMs;
      timer = setInterval(look, everyMs).unref();
    },
    stop: () => clearInterval(timer),
  };
}
