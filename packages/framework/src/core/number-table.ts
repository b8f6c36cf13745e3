/**
 * What is under way, by its number: calls of a connection, messages that are not confirmed. Numbers mostly follow one
 * another, so a ring holds them; what meets a slot in use goes into a map beside it.
 *
 * A map or a set alone is slower than it seems: each time it grows or shrinks, its discarded table keeps pointing to the
 * next one, and once one of them has become old, the garbage collector carries every later table and all it held along.
 */
export class NumberTable<T> {
  private ids: number[];
  private slots: (T | undefined)[];
  private readonly beside = new Map<number, T>();
  private used = 0;

  /** @param capacity how many the ring holds at first: a power of two */
  constructor(capacity = 256) {
    this.ids = new Array<number>(capacity).fill(0);
    this.slots = new Array<T | undefined>(capacity).fill(undefined);
  }

  get size(): number {
    return this.used + this.beside.size;
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  get(id: number): T | undefined {
    const at = id & (this.slots.length - 1);
    if (this.ids[at] === id) return this.slots[at];
    return this.beside.size === 0 ? undefined : this.beside.get(id);
  }

  /** @param id not in use */
  set(id: number, value: T): void {
    if (this.used * 2 >= this.slots.length) this.grow();
    const at = id & (this.slots.length - 1);
    if (this.slots[at] !== undefined) {
      this.beside.set(id, value);
      return;
    }
    this.ids[at] = id;
    this.slots[at] = value;
    this.used += 1;
  }

  delete(id: number): void {
    const at = id & (this.slots.length - 1);
    if (this.ids[at] !== id || this.slots[at] === undefined) {
      this.beside.delete(id);
      return;
    }
    this.ids[at] = 0;
    this.slots[at] = undefined;
    this.used -= 1;
  }

  /** In the order of their numbers. */
  entries(): [id: number, value: T][] {
    const entries: [number, T][] = [...this.beside];
    this.slots.forEach((value, at) => {
      if (value !== undefined) entries.push([this.ids[at] as number, value]);
    });
    return entries.sort(([one], [other]) => one - other);
  }

  private grow(): void {
    const entries = this.entries();
    const capacity = this.slots.length * 2;
    this.ids = new Array<number>(capacity).fill(0);
    this.slots = new Array<T | undefined>(capacity).fill(undefined);
    this.beside.clear();
    this.used = 0;
    for (const [id, value] of entries) this.set(id, value);
  }
}
