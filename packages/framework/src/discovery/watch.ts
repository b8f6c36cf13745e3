import { backoffMs, delay, type Logger } from "../core/index.js";
import { type ConsulHandle, consulError, RequestContext } from "./consul-client.js";

/** One blocking request: gives the body and the index it is true at. */
export type BlockingQuery = (options: Record<string, unknown>) => Promise<unknown>;

export interface WatchOptions {
  readonly consul: ConsulHandle;
  /** For the log: what is watched. */
  readonly what: string;
  readonly query: BlockingQuery;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** How long one query may wait for a change, in seconds: the safety net when a change was missed. */
  readonly waitSeconds: number;
  readonly onValue: (value: unknown) => void;
  readonly onError?: (error: Error) => void;
}

// Consul's "Blocking Queries" page asks clients to limit their own rate; a healthy watch changes far less often.
const leastPauseMs = 20;

/**
 * Follows one blocking query until `signal` aborts. It survives everything: an error is logged once per outage and
 * answered by a pause that grows to 5 seconds, so that a Consul that returns is seen soon.
 */
export async function watch(options: WatchOptions): Promise<void> {
  const { consul, what, query, signal, log, waitSeconds, onValue, onError } = options;
  let index = "0";
  let failures = 0;
  while (!signal.aborted) {
    const context = new RequestContext(signal);
    try {
      // Consul itself adds up to wait/16, so the request's own limit lies behind that.
      const timeout = index === "0" ? consul.timeoutMs : waitSeconds * 1_100 + consul.timeoutMs;
      const answer = await query({ index, wait: `${waitSeconds}s`, timeout, ctx: context });
      const { body, nextIndex } = readAnswer(answer);
      if (failures > 0) log.info(`Consul answers again: ${what}`);
      failures = 0;
      if (nextIndex !== index || nextIndex === "0") onValue(body);
      index = resetIndex(index, nextIndex);
      await delay(leastPauseMs, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = consulError(thrown, consul, what);
      if (failures === 0) log.warn(`${error.message}; what was known stays in use`);
      onError?.(error);
      index = "0";
      await delay(backoffMs(failures, { baseMs: 250, maxMs: 5_000 }), signal);
      failures += 1;
    } finally {
      context.release();
    }
  }
}

function readAnswer(answer: unknown): { body: unknown; nextIndex: string } {
  // With `includeResponse` the client gives [response, body].
  const [response, body] = answer as [{ headers?: Record<string, string> } | undefined, unknown];
  return { body, nextIndex: response?.headers?.["x-consul-index"] ?? "0" };
}

/** An index that went backwards starts again from nothing (Consul's "Blocking Queries", implementation details). */
function resetIndex(previous: string, next: string): string {
  if (!/^\d+$/.test(next)) return "0";
  return BigInt(next) < BigInt(previous) ? "0" : next;
}
