/**
 * Holds what was heard against what happened. Changes of a thing are numbered without gaps, so a thing that lives with
 * number 7 must have been heard of with 0 to 7, and one that is gone with all up to its deletion's.
 *
 * @param {{ living: Map<string, number>, confirmed: { id: string, n: number }[], heard: Heard[] }} given `living` has
 * the number of each thing that the database still holds; `confirmed` what changers know to be stored
 * @typedef {{ eventId: string, name: string, id: string, n: number }} Heard
 */
export function judgeEvents({ living, confirmed, heard }) {
  const told = new Map();
  const firsts = [];
  for (const event of heard) {
    if (told.has(event.eventId)) continue;
    told.set(event.eventId, event);
    firsts.push(event);
  }
  const byThing = groupById(firsts);
  let changes = 0;
  let missing = 0;
  let unfounded = 0;
  let outOfOrder = 0;
  for (const id of new Set([...living.keys(), ...byThing.keys(), ...confirmed.map((change) => change.id)])) {
    const events = byThing.get(id) ?? [];
    const last = living.get(id) ?? events.find(({ name }) => name === "thing.deleted")?.n ?? lastConfirmed(id);
    changes += last + 1;
    const numbers = new Set(events.map(({ n }) => n));
    for (let n = 0; n <= last; n++) if (!numbers.has(n)) missing++;
    // Two events of one number are of two changes, of which only one can have happened.
    unfounded += events.filter(({ n, name }) => n > last || (living.has(id) && name === "thing.deleted")).length;
    unfounded += events.length - numbers.size;
    outOfOrder += events.filter(({ n }, at) => at > 0 && n < events[at - 1].n).length;
  }
  return { changes, missing, unfounded, outOfOrder, repeated: heard.length - told.size };

  function lastConfirmed(id) {
    return Math.max(-1, ...confirmed.filter((change) => change.id === id).map(({ n }) => n));
  }
}

function groupById(events) {
  const groups = new Map();
  for (const event of events) groups.set(event.id, [...(groups.get(event.id) ?? []), event]);
  return groups;
}
