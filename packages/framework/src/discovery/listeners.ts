import type { Logger } from "../core/index.js";

export interface Listeners {
  /** Returns how to stop listening. */
  add(listener: () => void): () => void;
  tell(log: Logger): void;
}

/** Who wants to be told that something changed. One that throws is logged, and the others hear of it all the same. */
export function createListeners(): Listeners {
  const listeners = new Set<() => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(log) {
      for (const listener of [...listeners]) {
        try {
          listener();
        } catch (err) {
          log.error("a listener to changes in Consul failed", { err });
        }
      }
    },
  };
}
