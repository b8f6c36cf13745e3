import { newTraceId, type SeenClaim, type SeenMessages } from "../../core/index.js";

/** Where all processes see what was handled, and who is at what. A reservation is known by its token. */
export interface SeenStore {
  claim(id: string, token: string): Promise<SeenClaim>;
  /** It holds for another `leaseMs`, if it is still ours. */
  renew(id: string, token: string): Promise<unknown>;
  /** Handled, whoever did it; or given back, if it is still ours. */
  settle(id: string, token: string, isHandled: boolean): Promise<unknown>;
}

interface Held {
  readonly token: string;
  readonly renewing: NodeJS.Timeout;
}

/**
 * Reservations that are renewed for as long as their process lives, so that they may be short though handlers are slow:
 * what a dead process was at is free again after `leaseMs`.
 */
export function createSeen(store: SeenStore, leaseMs: number): SeenMessages {
  const held = new Map<string, Held>();

  function letGo(id: string): Held | undefined {
    const claim = held.get(id);
    held.delete(id);
    clearInterval(claim?.renewing);
    return claim;
  }

  return {
    async claim(id) {
      const token = newTraceId();
      const claim = await store.claim(id, token);
      if (claim !== "first") return claim;
      // Ours once, and lapsed while nobody could be reached.
      letGo(id);
      // A renewal that fails is made up for by the next one.
      const renew = () => void store.renew(id, token).catch(() => {});
      held.set(id, { token, renewing: setInterval(renew, leaseMs / 3).unref() });
      return claim;
    },
    async settle(id, isHandled) {
      const claim = letGo(id);
      if (claim) await store.settle(id, claim.token, isHandled);
    },
  };
}
