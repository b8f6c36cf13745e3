import { evaluate, figuresTable, keysOf } from "./figures.mjs";

/**
 * What a bench has to measure for the figures that are asked for, and how it tells them.
 * @param {readonly import("./figures.mjs").Figure[]} figures all that the bench knows
 * @param {Pick<Parameters<typeof import("../calls.mjs").run>[0], "only" | "profiles" | "rounds" | "quick" | "print">} options
 */
export function chooseFigures(figures, { only, profiles, rounds, quick, print }) {
  const chosen = only.length > 0 ? figures.filter(({ name }) => only.includes(name)) : figures;
  const needed = new Set(chosen.flatMap(keysOf));
  return {
    /** Whether a measurement is needed. @param {string} key */
    wants: (key) => only.length === 0 || needed.has(key),
    /** What Node is told of one of the bench's processes. @param {string} process */
    execArgvOf: (process) =>
      profiles && process.startsWith("vastify")
        ? ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${process}.cpuprofile`]
        : [],
    /** @param {Map<string, any[]>} results */
    report(results) {
      const evaluated = chosen.map((figure) => evaluate(figure, results));
      print(`\nFigures (medians of ${rounds} rounds${quick ? ", quick" : ""})\n\n${figuresTable(evaluated)}`);
      return evaluated.map(({ name, value, must, ok }) => ({ name, value, must, ok }));
    },
  };
}
