import { backoffMs, delay, type Logger } from "../core/index.js";
import { type ConsulHandle, consulError, RequestContext } from "./consul-client.js";
import { createQueryPace, type QueryPace } from "./query-pace.js";

/** One blocking request. */
export type BlockingQuery = (options: Record<string, unknown>) => Promise<unknown>;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface WatchOptions<Value> {
  readonly consul: ConsulHandle;
  /** For the log: what is watched. */
  readonly what: string;
  readonly query: BlockingQuery;
  /** @throws Error saying what is wrong with an answer that is nonsense: it then counts as a failed query */
  readonly read: (answer: Answer) => Value;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** How long one query may wait for a change, in seconds: the safety net when a change was missed. */
  readonly waitSeconds: number;
  /** @param index Consul's, which the value is as of */
  readonly onValue: (value: Value, index: number) => void;
  readonly onFailure?: () => void;
  /** Called before `onValue` when the index went backwards: Consul may have lost what it knew. */
  readonly onReset?: () => void;
  /** @default a pace that follows a single change at once */
  readonly pace?: QueryPace;
  /** @default delay */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Consul itself waits no longer. */
const longestWaitSeconds = 600;

/**
 * Follows one blocking query until `signal` aborts. It survives everything: a query that fails, or whose answer is
 * nonsense, is asked again after a pause that grows to 5 seconds, so that a Consul that returns is seen soon.
 */
export async function watch<Value>(options: WatchOptions<Value>): Promise<void> {
  const { consul, what, query, read, signal, log, onValue, onFailure, onReset } = options;
  const { pace = createQueryPace(), pause = delay } = options;
  const waitSeconds = Math.min(options.waitSeconds, longestWaitSeconds);
  let index = 0n;
  let failures = 0;
  while (!signal.aborted) {
    const context = new RequestContext(signal);
    consul.openQueries.add(context);
    try {
      // Consul itself adds up to wait/16, so the request's own limit lies behind that.
      const timeout = index === 0n ? consul.timeoutMs : waitSeconds * 1_100 + consul.timeoutMs;
      const answered = await query({
        ...(consul.consistency !== "default" && { [consul.consistency]: true }),
        ...{ index: String(index), wait: `${waitSeconds}s`, timeout, ctx: context },
      });
      if (signal.aborted) return;
      const { answer, newIndex } = readAnswer(answered);
      const value = read(answer);
      failures = 0;
      consul.contact.answered(log);
      if (newIndex < index) onReset?.();
      if (newIndex !== index) onValue(value, Number(newIndex));
      index = nextIndex(index, newIndex);
      await pause(pace(), signal);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = consulError(thrown, consul, what);
      // Who refuses one question is there: the others go on.
      if (error.code === "unavailable") consul.contact.failed(error, log, failures > 0);
      else log[failures > 0 ? "debug" : "warn"](`${error.message}; what was known stays in use`);
      onFailure?.();
      index = 0n;
      await pause(100 + backoffMs(failures, { baseMs: 250, maxMs: 5_000 }), signal);
      failures += 1;
    } finally {
      consul.openQueries.delete(context);
      context.release();
    }
  }
}

/** With `includeResponse` the client gives the response first. */
function readAnswer(answered: unknown): { answer: Answer; newIndex: bigint } {
  const [response] = answered as [
    { statusCode?: number; body?: unknown; headers?: Record<string, string | undefined> } | undefined,
  ];
  const { statusCode = 0, body, headers = {} } = response ?? {};
  const header = headers["x-consul-index"] ?? "";
  if (!/^\d{1,20}$/.test(header)) throw new Error("its answer has no index, so it is not Consul's");
  return { answer: { status: statusCode, body }, newIndex: BigInt(header) };
}

/**
 * By the rules of Consul's "Blocking Queries": an index that went backwards starts again from nothing, and one is
 * never asked to wait at 0, which would be answered at once for ever.
 */
function nextIndex(previous: bigint, next: bigint): bigint {
  if (next < previous) return 0n;
  return next === 0n ? 1n : next;
}
