import type { SeenMessages } from "../../core/index.js";

export interface MemorySeenOptions {
  /** How many are remembered; the oldest are forgotten. @default 100_000 */
  maxIds?: number;
  /** How long a reservation holds, in milliseconds. @default 300_000 */
  leaseMs?: number;
  /** @default Date.now */
  now?: () => number;
}

/** Remembers in this process: enough for one instance, or for duplicates that reach the same one. */
export function memorySeen(options: MemorySeenOptions = {}): SeenMessages {
  const { maxIds = 100_000, leaseMs = 300_000, now = Date.now } = options;
  const handled = new Set<string>();
  const leases = new Map<string, number>();
  return {
    async claim(id) {
      if (handled.has(id)) return "handled";
      const until = leases.get(id);
      if (until !== undefined && until > now()) return "elsewhere";
      leases.set(id, now() + leaseMs);
      return "first";
    },
    async settle(id, isHandled) {
      leases.delete(id);
      if (!isHandled) return;
      handled.add(id);
      if (handled.size > maxIds) for (const oldest of handled) return void handled.delete(oldest);
    },
  };
}
