/**
 * Goes through an iterable, and can let it go while its next value is waited for, as a generator around it can't: the
 * `return` of a generator waits too.
 */
export class Releasable<Value> implements AsyncIterableIterator<Value> {
  private readonly values: Iterator<Value> | AsyncIterator<Value>;
  /** It ended by itself, or was let go. */
  private isOver = false;

  constructor(values: Iterable<Value> | AsyncIterable<Value>) {
    this.values = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Value>> {
    let result: IteratorResult<Value> | undefined;
    try {
      result = await this.values.next();
      return result;
    } finally {
      this.isOver ||= result?.done ?? true;
    }
  }

  /** What it fails with by then is nobody's any longer. */
  async return(): Promise<IteratorResult<Value>> {
    if (!this.isOver) {
      this.isOver = true;
      try {
        await this.values.return?.();
      } catch {}
    }
    return { done: true, value: undefined };
  }
}
