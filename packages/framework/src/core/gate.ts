/** Something to wait for that comes, and may have to be waited for again. */
export interface Gate {
  /** Resolves when the gate is open. Ask for it anew each time. */
  readonly opened: Promise<void>;
  open(): void;
  /** Those who waited before have not waited in vain. */
  close(): void;
}

/** Closed at first. */
export function createGate(): Gate {
  let isOpen = false;
  let resolve = (): void => {};
  const closed = () =>
    new Promise<void>((resolved) => {
      resolve = resolved;
    });
  let opened = closed();
  return {
    get opened() {
      return opened;
    },
    open() {
      isOpen = true;
      resolve();
    },
    close() {
      if (isOpen) opened = closed();
      isOpen = false;
    },
  };
}
