/** How many queries may follow each other at once, and in which interval one more may come after that. */
const burst = 4;
const everyMs = 250;
/** Those who waited for the same change come back apart from each other by up to so much. */
const jitterMs = 50;

export interface QueryPaceOptions {
  /** In milliseconds. @default performance.now */
  now?: () => number;
  /** @default Math.random */
  random?: () => number;
}

/** Says how long a watch has to wait after an answer before it asks again, in milliseconds. */
export type QueryPace = () => number;

/**
 * Consul's page on blocking queries asks clients to limit their rate. A single change is followed up at once; a target
 * that changes over and over costs no more than four queries a second, each of which then tells of many changes.
 */
export function createQueryPace(options: QueryPaceOptions = {}): QueryPace {
  const { now = () => performance.now(), random = Math.random } = options;
  // When the queries asked so far would be over, had they come evenly.
  let evenlyOverAt = Number.NEGATIVE_INFINITY;
  return () => {
    const askedAt = now();
    evenlyOverAt = Math.max(evenlyOverAt, askedAt) + everyMs;
    const pauseMs = Math.max(0, evenlyOverAt - askedAt - burst * everyMs);
    return pauseMs + random() * jitterMs;
  };
}
