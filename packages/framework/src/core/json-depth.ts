/** A text with no more opening brackets than levels allowed needs no closer look, nor does one that is too short. */
export function isDeeperThan(json: string, maxDepth: number): boolean {
  if (json.length <= 2 * maxDepth) return false;
  const openings = countUpTo(json, "{", maxDepth) + countUpTo(json, "[", maxDepth);
  return openings > maxDepth && isReallyDeeperThan(json, maxDepth);
}

function countUpTo(text: string, character: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0 && count <= most; at = text.indexOf(character, at + 1)) count++;
  return count;
}

function isReallyDeeperThan(json: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (inString) {
      if (code === 92) i++;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    // "[" and "{" differ in one bit, as "]" and "}" do.
    else if ((code | 32) === 123) {
      if (++depth > maxDepth) return true;
    } else if ((code | 32) === 125) depth--;
  }
  return false;
}
