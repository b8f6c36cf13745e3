/** Numbers that look random and are the same for the same seed (xorshift32). */
export function createRandom(seed) {
  let state = seed >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  // The first ones are close together for seeds that are.
  for (let i = 0; i < 16; i++) next();
  return {
    below: (limit) => next() % limit,
    chance: (share) => next() < share * 0x1_0000_0000,
    pick: (list) => list[next() % list.length],
  };
}
