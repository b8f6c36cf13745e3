import { VastifyError } from "./error.js";

export interface DeadlineOptions {
  readonly timeoutMs: number;
  /** Aborts earlier: the caller hung up. */
  readonly parent?: AbortSignal | undefined;
  /** For the error: what took too long. */
  readonly what: string;
}

/**
 * Runs `work` with a signal that aborts at the deadline or with the parent, and stops waiting for it then.
 * @throws VastifyError `deadline_exceeded`, or `canceled` when the parent aborted
 */
export async function withDeadline<T>(options: DeadlineOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeoutMs, parent, what } = options;
  const control = new AbortController();
  const expire = () => control.abort(deadlineExceeded(what, timeoutMs));
  const cancel = () => control.abort(new VastifyError("canceled", `${what} was canceled by its caller`));
  const timer = setTimeout(expire, timeoutMs);
  parent?.addEventListener("abort", cancel, { once: true });
  if (parent?.aborted) cancel();
  try {
    return await new Promise<T>((resolve, reject) => {
      const stop = () => reject(control.signal.reason);
      if (control.signal.aborted) return stop();
      control.signal.addEventListener("abort", stop, { once: true });
      work(control.signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener("abort", cancel);
  }
}

export function deadlineExceeded(what: string, timeoutMs: number): VastifyError {
  return new VastifyError("deadline_exceeded", `${what} did not finish within ${Math.round(timeoutMs)} ms`, {
    reason: "deadline_exceeded",
  });
}
