/** The time, read once where something begins and then looked at for free, in milliseconds of `performance.now()`. */
export interface Clock {
  /** Reads the time. */
  tick(): number;
  /** As of the last tick. */
  now(): number;
}

export function createClock(): Clock {
  let time = performance.now();
  return {
    tick() {
      time = performance.now();
      return time;
    },
    now: () => time,
  };
}
