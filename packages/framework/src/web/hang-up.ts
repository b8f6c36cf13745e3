import type { CancelSignal } from "../core/index.js";

/** Tells whoever works for a client that it hung up: what is needed of an AbortSignal, at a fraction of its price. */
export class HangUp implements CancelSignal {
  aborted = false;
  // Nearly always it is one, and a list of one is found through faster than anything else.
  private listeners: (() => void)[] = [];

  addEventListener(_type: "abort", listener: () => void): void {
    this.listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.listeners.indexOf(listener);
    if (at >= 0) this.listeners.splice(at, 1);
  }

  /** Each listener hears it once. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    const { listeners } = this;
    this.listeners = [];
    for (const listener of listeners) listener();
  }
}
