// Primes, with a hundred slots and more for each member. A table of another size would move every key, so there are two.
const usualSize = 65_537;
const hugeSize = 655_373;
const manyMembers = 600;

/** The members' places in a table that gives most keys the same member as before when members come and go. */
export type HashTable = Uint16Array;

/**
 * A Maglev table: members take turns in claiming their next favourite slot, so that all get equally many, and a look-up
 * is one access ("Maglev: A Fast and Reliable Software Network Load Balancer", section 3.4).
 * @param ids of the members, at most 65,535
 */
export function createHashTable(ids: readonly string[]): HashTable {
  const size = ids.length > manyMembers ? hugeSize : usualSize;
  const table = new Uint16Array(size);
  if (ids.length === 0) return table;
  const taken = new Uint8Array(size);
  const favourites = ids.map((id) => ({ at: hashOf(id) % size, step: (hashOf(`${id}#`) % (size - 1)) + 1 }));
  for (let filled = 0; ; ) {
    for (const [member, favourite] of favourites.entries()) {
      while (taken[favourite.at]) favourite.at = (favourite.at + favourite.step) % size;
      taken[favourite.at] = 1;
      table[favourite.at] = member;
      if (++filled === size) return table;
    }
  }
}

/** A hash of 32 bits, the same in every process: FNV-1a, then MurmurHash3's finalizer for the low bits' sake. */
export function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01_00_01_93);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
