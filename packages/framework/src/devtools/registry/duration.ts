const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const piece = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/gy;

/** Reads a duration as Go writes it ("1m30s", "250ms", "0"); undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const unsigned = text.replace(/^[+-]/, "");
  if (unsigned === "0") return 0;
  const pieces = [...unsigned.matchAll(piece)];
  const isWhole = pieces.length > 0 && pieces.reduce((length, [all]) => length + all.length, 0) === unsigned.length;
  if (!isWhole) return undefined;
  return sign * pieces.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (unitMs[unit] ?? 0), 0);
}
