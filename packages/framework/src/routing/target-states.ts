import type { Directory } from "../discovery/index.js";

export interface TargetStatesOptions<State> {
  readonly directory: Pick<Directory, "isKnown" | "forget">;
  readonly create: (target: string) => State;
  /** Called when what is kept of a target is dropped. */
  readonly onForget: (target: string) => void;
  /** How many targets are kept that discovery has never seen. @default 100 */
  readonly maxStrangers?: number;
}

/**
 * What the router keeps of each target. Callers may make up any name, so of those that discovery has never seen only the
 * latest are kept; one that is forgotten begins anew with its next call.
 */
export function createTargetStates<State>(options: TargetStatesOptions<State>): (target: string) => State {
  const { directory, create, onForget, maxStrangers = 100 } = options;
  const states = new Map<string, State>();
  /** In the order in which they were first asked for; those that have become known are taken out late. */
  const strangers = new Set<string>();

  function forgetOldest(): void {
    for (const target of strangers) {
      strangers.delete(target);
      if (directory.isKnown(target)) continue;
      states.delete(target);
      directory.forget(target);
      onForget(target);
      return;
    }
  }

  function begin(target: string): State {
    const state = create(target);
    states.set(target, state);
    if (!directory.isKnown(target)) strangers.add(target);
    if (strangers.size > maxStrangers) forgetOldest();
    return state;
  }

  return (target) => states.get(target) ?? begin(target);
}
