const contextLines = 2;

type Line = { readonly sign: " " | "-" | "+"; readonly text: string };

/** What changes from one text to the other, line by line, with a few lines around; empty when nothing does. */
export function lineDiff(before: string, after: string): string {
  const lines = align(before.split("\n"), after.split("\n"));
  const isNear = (at: number) =>
    lines.slice(Math.max(0, at - contextLines), at + contextLines + 1).some(({ sign }) => sign !== " ");
  const shown: string[] = [];
  lines.forEach(({ sign, text }, at) => {
    if (isNear(at)) shown.push(`${sign}${text}`);
    else if (at > 0 && isNear(at - 1)) shown.push("...");
  });
  return shown.join("\n");
}

/** Keeps the longest common subsequence and tells the rest as taken away and added. */
function align(before: readonly string[], after: readonly string[]): readonly Line[] {
  const common = commonLengths(before, after);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: " ", text: before[i] as string });
      i += 1;
      j += 1;
    } else if (j === after.length || (i < before.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ sign: "-", text: before[i] as string });
      i += 1;
    } else {
      lines.push({ sign: "+", text: after[j] as string });
      j += 1;
    }
  }
  return lines;
}

/** The length of the longest common subsequence of what follows line i of one and line j of the other. */
function commonLengths(before: readonly string[], after: readonly string[]): readonly Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const longest = Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
      (lengths[i] as Uint32Array)[j] = before[i] === after[j] ? at(lengths, i + 1, j + 1) + 1 : longest;
    }
  }
  return lengths;
}

function at(lengths: readonly Uint32Array[], i: number, j: number): number {
  return lengths[i]?.[j] ?? 0;
}
