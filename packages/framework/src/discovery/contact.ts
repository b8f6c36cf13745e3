import { createListeners, type Logger, type VastifyError } from "../core/index.js";

/** Whether Consul answers, as everybody sees it who asks over one connection. */
export interface Contact {
  /** False from the first query that Consul did not answer until one succeeds; a refusal is an answer of its own. */
  readonly reachable: boolean;
  /** For how long it has not answered, in milliseconds; undefined while it does. */
  readonly unreachableMs: number | undefined;
  answered(log: Logger): void;
  /** @param again whether the same question failed the last time too, and was told of then */
  failed(error: VastifyError, log: Logger, again: boolean): void;
  /** Called when Consul answers again after an outage. Returns how to stop listening. */
  onReturn(listener: () => void): () => void;
}

/** @param now a clock that never runs backwards, in milliseconds. */
export function createContact(address: string, now: () => number = () => performance.now()): Contact {
  const listeners = createListeners();
  let lostAt: number | undefined;
  return {
    get reachable() {
      return lostAt === undefined;
    },
    get unreachableMs() {
      return lostAt === undefined ? undefined : Math.round(now() - lostAt);
    },
    answered(log) {
      if (lostAt === undefined) return;
      lostAt = undefined;
      log.info(`Consul at ${address} answers again`);
      listeners.tell(log);
    },
    failed(error, log, again) {
      // Fifty watches fail together; one line says it.
      const isNews = lostAt === undefined && !again;
      lostAt ??= now();
      log[isNews ? "warn" : "debug"](`${error.message}; what was known stays in use`);
    },
    onReturn: listeners.add,
  };
}
