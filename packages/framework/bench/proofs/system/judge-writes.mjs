/**
 * @typedef {object} Death of an instance
 * @property {string} instance
 * @property {number} killedAt in milliseconds of the wall clock
 * @property {number} noticedAt when the last gateway saw its connection end
 */

/**
 * Holds what clients were told of their writes against what the instances wrote down. A write must have been begun at
 * most once, and exactly once and to its end when the client was told that it succeeded. It may fail only as one
 * that was in flight at an instance when it died: sent before the gateway saw the connection end, ended after the kill,
 * told as `peer_lost`, and begun nowhere else.
 *
 * @param {{ outcomes: readonly object[], journal: ReturnType<typeof import("./journal.mjs").readJournals>, deaths: readonly Death[] }} story
 * @returns {{ wrong: string[], lost: number[] }} what broke the rules, and how many writes each death took along
 */
export function judgeWrites({ outcomes, journal, deaths }) {
  const wrong = [];
  const lost = deaths.map(() => 0);
  for (const { id, kind, error, sentAt, ms } of outcomes) {
    if (kind !== "write") continue;
    const { begunBy, endedBy } = journal.get(id) ?? { begunBy: [], endedBy: [] };
    if (begunBy.length > 1) wrong.push(`${id} was begun ${begunBy.length} times`);
    if (!error) {
      if (endedBy.length !== 1) wrong.push(`${id} succeeded and was carried out ${endedBy.length} times`);
      continue;
    }
    const death = deaths.findIndex(
      ({ instance, killedAt, noticedAt }) =>
        error.endsWith("peer_lost") &&
        sentAt <= noticedAt &&
        sentAt + ms >= killedAt &&
        begunBy.every((by) => by === instance),
    );
    if (death < 0)
      wrong.push(`${id} failed (${error}) though no instance died under it; begun by ${begunBy.join() || "none"}`);
    else lost[death] += 1;
  }
  return { wrong, lost };
}
