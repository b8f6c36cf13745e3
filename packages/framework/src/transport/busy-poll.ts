/** Skipped chances grow up to so many after chances in vain. */
const mostSkipped = 1_024;

/**
 * Keeps the event loop awake for a moment after something was sent to a peer, since falling asleep and being woken costs
 * more than a moment of looking, both in time and in CPU. Where nothing comes so soon it looks ever more rarely, so
 * that peers which take their time cost next to nothing.
 *
 * The idea is that of the kernel's own busy polling (Linux, "Documentation/networking/napi.rst": "Busy polling").
 */
export class BusyPoll {
  private readonly ms: number;
  private until = 0;
  private looking = false;
  private hasHeard = false;
  private inVain = 0;
  private toSkip = 0;

  /** @param us how long to look, in microseconds: about what a sleep costs */
  constructor(us: number) {
    this.ms = us / 1_000;
  }

  /** Something was sent, so something may come soon. */
  expect(): void {
    if (this.toSkip > 0) {
      this.toSkip -= 1;
      return;
    }
    this.until = performance.now() + this.ms;
    if (this.looking) return;
    this.looking = true;
    this.hasHeard = false;
    setImmediate(this.look);
  }

  /** Something came from a peer. */
  heard(): void {
    this.hasHeard = true;
  }

  // An immediate keeps the loop from sleeping, and each of its turns asks for events.
  private readonly look = (): void => {
    if (performance.now() < this.until) {
      setImmediate(this.look);
      return;
    }
    this.looking = false;
    this.inVain = this.hasHeard ? 0 : this.inVain + 1;
    this.toSkip = this.hasHeard ? 0 : Math.min(2 ** this.inVain, mostSkipped);
  };
}
