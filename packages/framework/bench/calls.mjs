import { acrossTable, measureAcross } from "./calls/across.mjs";
import { figures } from "./calls/figures.mjs";
import { localTable, measureGrowth, measureLocal } from "./calls/local.mjs";
import { patternsTable } from "./calls/patterns.mjs";
import { createChildren } from "./support/children.mjs";
import { evaluate, figuresTable, keysOf } from "./support/figures.mjs";

export const summary = "calls within a process and between two, beside Moleculer, NestJS and plain Seneca";
export const figureNames = figures.map(({ name }) => name);

/**
 * @param {object} options
 * @param {number} options.rounds
 * @param {boolean} options.quick short measurements: for a first look
 * @param {readonly string[]} options.only the figures to measure; none means all, and everything that is only shown
 * @param {string | undefined} options.profiles the folder for CPU profiles of our own processes
 * @param {(text: string) => void} options.progress
 * @param {(text: string) => void} options.print
 */
export async function run({ rounds, quick, only, profiles, progress, print }) {
  const chosen = only.length > 0 ? figures.filter(({ name }) => only.includes(name)) : figures;
  const needed = new Set(chosen.flatMap(keysOf));
  const wants = (key) => only.length === 0 || needed.has(key);
  const children = createChildren();
  const execArgvOf = (process) =>
    profiles && process.startsWith("vastify")
      ? ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${process}.cpuprofile`]
      : [];
  const options = { wants, rounds, quick, children, execArgvOf, progress };
  try {
    const local = await measureLocal(options);
    const across = await measureAcross(options);
    const results = new Map([...local.results, ...across.results]);
    const failures = new Map([...local.failures, ...across.failures]);
    const growthSeconds = quick ? 10 : 60;
    if (wants("growth")) {
      try {
        results.set("growth", [await measureGrowth({ seconds: growthSeconds, children, progress })]);
      } catch (error) {
        failures.set("growth", error.message);
      }
    }
    const tables = {
      "In one process": localTable(local.results),
      "From one process to another": acrossTable(across),
      "Much to know": patternsTable(results),
    };
    for (const [title, text] of Object.entries(tables)) if (text !== "") print(`\n${title}\n\n${text}`);
    if (failures.size > 0) print(`\nNot measured\n\n${failuresText(failures)}`);
    const evaluated = chosen.map((figure) => evaluate(figure, results));
    print(`\nFigures (medians of ${rounds} rounds${quick ? ", quick" : ""})\n\n${figuresTable(evaluated)}`);
    if (quick && wants("growth")) print(`act-rss-60s was measured over ${growthSeconds} s only.`);
    return evaluated.map(({ name, value, must, ok }) => ({ name, value, must, ok }));
  } finally {
    await children.stopAll();
  }
}

/** What failed, once for each reason. @param {Map<string, string>} failures */
function failuresText(failures) {
  const reasons = [...new Set(failures.values())];
  const keysFor = (reason) => [...failures.keys()].filter((key) => failures.get(key) === reason);
  return reasons.map((reason) => `${keysFor(reason).join(", ")}: ${reason}`).join("\n");
}
