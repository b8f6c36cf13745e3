export interface SlidingCountsOptions {
  /** How many things are counted side by side; each has a number from 0. */
  kinds: number;
  /** How far back counting reaches, in milliseconds. */
  windowMs: number;
  /** The window moves on by one slot at a time. */
  slots: number;
  /** A monotonic clock, in milliseconds. */
  now: () => number;
}

/** Counts of what happened lately. Neither counting nor asking allocates. */
export interface SlidingCounts {
  add(kind: number): void;
  /** How often it happened within the window. */
  count(kind: number): number;
  /** All counts within the window, by kind. The array stays the same one. */
  counts(): Uint32Array;
  clear(): void;
}

/** The newest slot is still being filled, so the window is up to one slot shorter than asked for, and never longer. */
export function createSlidingCounts({ kinds, windowMs, slots, now }: SlidingCountsOptions): SlidingCounts {
  const slotMs = windowMs / slots;
  const bySlot = new Uint32Array(kinds * slots);
  const sums = new Uint32Array(kinds);
  let newest = Math.floor(now() / slotMs);

  /** Forgets the slots that have left the window. */
  function moveOn(): void {
    const current = Math.floor(now() / slotMs);
    if (current <= newest) return;
    if (current - newest >= slots) clear();
    else for (let slot = newest + 1; slot <= current; slot++) forget((slot % slots) * kinds);
    newest = current;
  }

  function forget(start: number): void {
    for (let kind = 0; kind < kinds; kind++) sums[kind] = at(sums, kind) - at(bySlot, start + kind);
    bySlot.fill(0, start, start + kinds);
  }

  function clear(): void {
    bySlot.fill(0);
    sums.fill(0);
  }

  return {
    clear,
    add(kind) {
      moveOn();
      const index = (newest % slots) * kinds + kind;
      bySlot[index] = at(bySlot, index) + 1;
      sums[kind] = at(sums, kind) + 1;
    },
    count(kind) {
      moveOn();
      return at(sums, kind);
    },
    counts() {
      moveOn();
      return sums;
    },
  };
}

function at(counts: Uint32Array, index: number): number {
  return counts[index] ?? 0;
}
