/** What a request that comes through a carrier brings along. */
export interface Carried {
  /** The trace id. */
  readonly tx: string;
}

/** Carries requests between processes that can't reach each other: a `rabbit` part of `vastify/messaging`. */
export interface CallCarrier {
  /** @param queue that one process serves */
  rpc(queue: string): CarriedRequests;
}

export interface CarriedRequests {
  /**
   * @throws VastifyError `unavailable`: reasons `unroutable` and `broker_unreachable` when nothing was sent, `peer_lost`
   *   when nobody knows whether it was carried out
   */
  call(
    request: unknown,
    options: { readonly timeoutMs: number; readonly idempotent: boolean; readonly tx: string },
  ): Promise<unknown>;
  serve(
    handler: (request: unknown, carried: Carried) => Promise<unknown>,
    options: { readonly prefetch: number; readonly timeoutMs: number; readonly isAlone: boolean },
  ): { readonly ready: Promise<void>; stop(): Promise<void> };
}
