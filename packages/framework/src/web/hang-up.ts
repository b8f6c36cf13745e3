import type { CancelSignal } from "../core/index.js";

/** Tells whoever works for a client that it hung up: what is needed of an AbortSignal, at a fraction of its price. */
export class HangUp implements CancelSignal {
  aborted = false;
  /** Nearly always there is one at most. */
  private first: (() => void) | undefined = undefined;
  private others: Set<() => void> | undefined = undefined;

  addEventListener(_type: "abort", listener: () => void): void {
    if (this.first === undefined) this.first = listener;
    else {
      this.others ??= new Set();
      this.others.add(listener);
    }
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    if (this.first === listener) this.first = undefined;
    else this.others?.delete(listener);
  }

  /** Each listener hears it once. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.first?.();
    this.first = undefined;
    for (const listener of this.others ?? []) listener();
    this.others = undefined;
  }
}
