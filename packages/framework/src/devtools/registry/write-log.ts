/** Counts writes, as Consul's Raft index does, and tells who waits for them. */
export interface WriteLog {
  readonly last: number;
  /** Runs `change` with the next index, then tells every listener. */
  write<T>(change: (index: number) => T): T;
  /** @returns a function that stops listening */
  onWrite(listener: () => void): () => void;
}

// Consul has written a handful of entries of its own before the first client's; clients need an index above 0.
export const firstIndex = 10;

export function createWriteLog(): WriteLog {
  const listeners = new Set<() => void>();
  let last = firstIndex;
  return {
    get last() {
      return last;
    },
    write(change) {
      last += 1;
      const result = change(last);
      for (const listener of [...listeners]) listener();
      return result;
    },
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
