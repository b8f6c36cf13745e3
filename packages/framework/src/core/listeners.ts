import type { Logger } from "./logger.js";

export interface Listeners<News extends readonly unknown[] = []> {
  /** Returns how to stop listening. */
  add(listener: (...news: News) => void): () => void;
  tell(log: Logger, ...news: News): void;
}

/** Who wants to be told that something changed. One that throws is logged, and the others hear of it all the same. */
export function createListeners<News extends readonly unknown[] = []>(): Listeners<News> {
  const listeners = new Set<(...news: News) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(log, ...news) {
      for (const listener of [...listeners]) {
        try {
          listener(...news);
        } catch (err) {
          log.error("a listener to changes failed", { err });
        }
      }
    },
  };
}
