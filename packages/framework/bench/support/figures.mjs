import { median, shown } from "./stats.mjs";
import { table } from "./table.mjs";

/**
 * What must come out. Each pair is `over : under`, where each side names the keys of measurements of which the best
 * counts, and the value is the median over the rounds of the ratio within a round. With several pairs, the worst counts.
 * @typedef {object} Figure
 * @property {string} name
 * @property {string} must such as ">= 1.2"
 * @property {{ over: string[], under: string[] }[]} [pairs]
 * @property {"perSecond" | "p99Ms" | "startMs" | "rssMb"} [metric] of all but the first less is better
 * @property {string} [key] a measurement whose `value` is the figure
 */

const holds = {
  ">=": (value, limit) => value >= limit,
  "<=": (value, limit) => value <= limit,
  "<": (value, limit) => value < limit,
};

/** The measurements that a figure rests on. @param {Figure} figure */
export function keysOf({ pairs = [], key }) {
  return key ? [key] : pairs.flatMap(({ over, under }) => [...over, ...under]);
}

/**
 * @param {Figure} figure
 * @param {Map<string, any[]>} results
 */
export function evaluate(figure, results) {
  const { name, must } = figure;
  const [comparison, limit] = must.split(" ");
  if (keysOf(figure).some((key) => !results.has(key))) return { name, value: null, must, ok: false };
  const ratios = figure.key ? [results.get(figure.key).map(({ value }) => value)] : ratiosOf(figure, results);
  const medians = ratios.map(median);
  const worst = medians.indexOf(comparison === ">=" ? Math.min(...medians) : Math.max(...medians));
  const value = Number(medians[worst].toPrecision(4));
  const range = [Math.min(...ratios[worst]), Math.max(...ratios[worst])];
  return { name, value, must, ok: holds[comparison](value, Number(limit)), range };
}

function ratiosOf({ pairs, metric = "perSecond" }, results) {
  const best = (keys) => {
    const medianOf = (key) => median(results.get(key).map((result) => result[metric]));
    const better = metric === "perSecond" ? (a, b) => medianOf(b) - medianOf(a) : (a, b) => medianOf(a) - medianOf(b);
    return results.get([...keys].sort(better)[0]);
  };
  return pairs.map(({ over, under }) => {
    const divisors = best(under);
    return best(over).map((result, round) => result[metric] / divisors[round][metric]);
  });
}

/** @param {readonly ReturnType<typeof evaluate>[]} figures */
export function figuresTable(figures) {
  return table(
    ["figure", "value", "must", "ok", "over the rounds"],
    figures.map(({ name, value, must, ok, range }) => [
      name,
      value === null ? "–" : shown(value),
      must,
      ok ? "yes" : "NO",
      range ? `${shown(range[0])} … ${shown(range[1])}` : "–",
    ]),
  );
}
