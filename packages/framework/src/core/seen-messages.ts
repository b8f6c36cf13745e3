/**
 * Remembers which messages were handled, so that a duplicate is recognised: where all instances see it (a database),
 * or in each process. The ids name the queue too.
 */
export interface SeenMessages {
  /**
   * Asks whether the message may be handled now, and reserves it if so: `handled` before; `elsewhere` someone is at
   * it. A reservation must end by itself after a while, since its holder may die.
   */
  claim(id: string): Promise<SeenClaim>;
  /** Ends the reservation: it was handled, or it may be tried again. */
  settle(id: string, isHandled: boolean): Promise<void>;
}

export type SeenClaim = "first" | "handled" | "elsewhere";
