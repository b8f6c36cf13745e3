import { orAborted } from "../core/index.js";
import { expectAttempts, type RetryConflictsOptions, retryConflicts } from "./retry-conflicts.js";

export type EditsInTurnOptions = Omit<RetryConflictsOptions, "signal">;

/**
 * Edits what `key` names when all that asked for it before have had their turn, again for as long as others are quicker.
 * @param edit must read the document anew each time, and not wait for another edit of the same key, which waits for it
 * @param signal gives the edit up, as that of the action does. The next one's turn comes then: what is still written late
 *   is told from it by its version
 * @throws what `edit` throws; the last `version_conflict` when all attempts met one; the signal's reason
 */
export type EditInTurn = <Value>(key: string, edit: () => Promise<Value>, signal?: AbortSignal) => Promise<Value>;

/**
 * For documents that many edit at once. Repeated without order, the more edits there are the more are made in vain, and
 * the unlucky ones lose until their time is over; in turn, only other processes' edits are in conflict with one.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function editsInTurn(options: EditsInTurnOptions = {}): EditInTurn {
  if (options.attempts !== undefined) expectAttempts(options.attempts);
  const lines = new Map<string, Promise<unknown>>();

  return (key, edit, signal = new AbortController().signal) => {
    const before = lines.get(key);
    const ours = Promise.resolve(before).then(() => retryConflicts(edit, { ...options, signal }));
    const edited = orAborted(ours, signal);
    const line = Promise.allSettled([before, edited]).then(() => {
      if (lines.get(key) === line) lines.delete(key);
    });
    lines.set(key, line);
    return edited;
  };
}
