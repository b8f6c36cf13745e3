import type { DeadlineList, Expiring } from "../../core/index.js";

/** Something that waits so long at most; `Deadlines` watches it. */
export abstract class Timed implements Expiring {
  readonly timeoutMs: number;
  deadline: number | undefined = undefined;
  list: DeadlineList | undefined = undefined;
  next: Expiring | undefined = undefined;
  previous: Expiring | undefined = undefined;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  get remainingMs(): number {
    return this.deadline === undefined ? this.timeoutMs : Math.max(0, this.deadline - performance.now());
  }

  abstract expire(): void;
}
