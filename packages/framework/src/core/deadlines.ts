/** Something that must end in time. The links belong to `Deadlines`. */
export interface Expiring {
  expire(): void;
  /** How long it may take from now on, in milliseconds. */
  readonly remainingMs: number;
  /**
   * In milliseconds of `performance.now()`; undefined until its turn of the event loop is over. Not 0: what holds
   * fractions is an object of its own, which would be made for every item.
   */
  deadline: number | undefined;
  list: DeadlineList | undefined;
  next: Expiring | undefined;
  previous: Expiring | undefined;
}

/** Those that wait equally long, so the first added is the first to expire. */
export interface DeadlineList {
  first: Expiring | undefined;
  last: Expiring | undefined;
  timer: NodeJS.Timeout | undefined;
}

// Waits that differ by less share a list; a deadline is never early and at most so much late.
const granularityMs = 4;
// Node.js takes no longer one; a longer wait is armed again when it is over.
const longestTimerMs = 2_147_483_647;
// Lists that nobody uses now are dropped when there are more than this.
const maxIdleLists = 256;

/**
 * Deadlines of many calls by few timers: adding and removing one are a few assignments, however many are pending.
 * What ends within the turn of the event loop it was added in, as most local calls do, never sees a clock.
 * The timers don't hold the process open.
 */
export class Deadlines {
  private readonly fresh: DeadlineList = { first: undefined, last: undefined, timer: undefined };
  private readonly lists = new Map<number, DeadlineList>();
  private sorting = false;

  add(item: Expiring): void {
    link(this.fresh, item);
    if (this.sorting) return;
    this.sorting = true;
    setImmediate(() => this.sortFresh()).unref();
  }

  remove(item: Expiring): void {
    const { list, next, previous } = item;
    if (!list) return;
    if (previous) previous.next = next;
    else list.first = next;
    if (next) next.previous = previous;
    else list.last = previous;
    item.list = undefined;
    item.next = undefined;
    item.previous = undefined;
  }

  /** Gives those that outlived their turn a deadline and a timer. */
  private sortFresh(): void {
    this.sorting = false;
    const now = performance.now();
    for (let item = this.fresh.first; item; item = this.fresh.first) {
      const remainingMs = item.remainingMs;
      this.remove(item);
      const rounded = Math.max(1, Math.ceil(remainingMs / granularityMs)) * granularityMs;
      const list = this.listOf(rounded);
      item.deadline = now + remainingMs;
      link(list, item);
      list.timer ??= this.arm(list, rounded);
    }
  }

  private listOf(ms: number): DeadlineList {
    let list = this.lists.get(ms);
    if (!list) {
      if (this.lists.size > maxIdleLists) this.dropIdle();
      list = { first: undefined, last: undefined, timer: undefined };
      this.lists.set(ms, list);
    }
    return list;
  }

  private arm(list: DeadlineList, ms: number): NodeJS.Timeout {
    return setTimeout(() => this.expire(list), Math.min(ms, longestTimerMs)).unref();
  }

  private expire(list: DeadlineList): void {
    list.timer = undefined;
    const now = performance.now();
    for (let item = list.first; item; item = list.first) {
      const remainingMs = (item.deadline ?? now) - now;
      if (remainingMs > 0) {
        list.timer = this.arm(list, Math.max(1, Math.ceil(remainingMs)));
        return;
      }
      this.remove(item);
      item.expire();
    }
  }

  private dropIdle(): void {
    for (const [key, list] of this.lists) {
      if (list.first) continue;
      clearTimeout(list.timer);
      this.lists.delete(key);
    }
  }
}

function link(list: DeadlineList, item: Expiring): void {
  item.list = list;
  item.previous = list.last;
  item.next = undefined;
  if (list.last) list.last.next = item;
  else list.first = item;
  list.last = item;
}
