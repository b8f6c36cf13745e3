import type { RedisLink } from "./redis-link.js";

/** Gives what Redis holds under a name: null when nothing, undefined when Redis is gone. */
export type Read = (name: string) => Promise<string | null | undefined>;

interface Waiting {
  readonly name: string;
  readonly resolve: (stored: string | null | undefined) => void;
}

// So many names make one command that Redis answers in well under a millisecond.
const maxGathered = 256;

/** Reads that are asked for in one turn of the event loop travel together: a busy service pays one trip for many. */
export function createGatheredReads(link: RedisLink): Read {
  let waiting: Waiting[] = [];

  async function send(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (batch.length === 1 && first) {
      first.resolve(await link.ask((client) => client.get(first.name)));
      return;
    }
    const stored = await link.ask((client) => client.mget(batch.map(({ name }) => name)));
    for (const [at, { resolve }] of batch.entries()) resolve(stored?.[at]);
  }

  function sendAll(): void {
    const all = waiting;
    waiting = [];
    if (all.length <= maxGathered) void send(all);
    else for (let at = 0; at < all.length; at += maxGathered) void send(all.slice(at, at + maxGathered));
  }

  return (name) => {
    if (!link.isUp) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      if (waiting.push({ name, resolve }) === 1) setImmediate(sendAll);
    });
  };
}
