import { setTimeout as sleep } from "node:timers/promises";
import { wallClock } from "../../support/wall-clock.mjs";

const tickMs = 5;

/**
 * @typedef {object} Outcome of one request
 * @property {string} kind
 * @property {string} [error] absent when it succeeded
 * @property {string} [by] the instance that answered
 * @property {string} [version] its version
 * @property {number} sentAt in milliseconds of the wall clock
 * @property {number} ms
 */

/**
 * Sends requests at a fixed rate, whatever becomes of those before, until it is stopped.
 * @param {{ perSecond: number, send: (n: number) => Promise<Omit<Outcome, "sentAt" | "ms">> }} options
 */
export function startLoad({ perSecond, send }) {
  /** @type {Outcome[]} */
  const outcomes = [];
  const open = new Set();
  const startedAt = performance.now();
  let sent = 0;

  async function sendOne(n) {
    const sentAt = wallClock();
    const outcome = await send(n);
    outcomes.push({ ...outcome, sentAt, ms: wallClock() - sentAt });
  }

  function sendWhatIsDue() {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
    while (sent < due) {
      const sending = sendOne(sent++);
      open.add(sending);
      void sending.finally(() => open.delete(sending));
    }
  }

  const timer = setInterval(sendWhatIsDue, tickMs);
  return {
    outcomes,
    /** Lets it go on for so long. */
    runFor: (seconds) => sleep(seconds * 1_000),
    /** Sends no more, and gives all outcomes once the last is there. */
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return outcomes;
    },
  };
}
