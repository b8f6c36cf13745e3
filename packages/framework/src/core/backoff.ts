export interface BackoffOptions {
  /** The first wait, in milliseconds. @default 100 */
  baseMs?: number;
  /** No wait is longer, in milliseconds. @default 10_000 */
  maxMs?: number;
  /** @default Math.random */
  random?: () => number;
}

/**
 * How long to wait before try `attempt` (0 is the first repetition): exponential with full jitter, so that many
 * waiters do not come back together.
 */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { baseMs = 100, maxMs = 10_000, random = Math.random } = options;
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
}
