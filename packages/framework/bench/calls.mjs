import { acrossTable, measureAcross } from "./calls/across.mjs";
import { figures } from "./calls/figures.mjs";
import { localTable, measureGrowth, measureLocal } from "./calls/local.mjs";
import { patternsTable } from "./calls/patterns.mjs";
import { createChildren } from "./support/children.mjs";
import { chooseFigures } from "./support/chosen-figures.mjs";

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
export async function run(options) {
  const { rounds, quick, progress, print } = options;
  const { wants, execArgvOf, report } = chooseFigures(figures, options);
  const children = createChildren();
  const how = { wants, rounds, quick, children, execArgvOf, progress };
  try {
    const local = await measureLocal(how);
    const across = await measureAcross(how);
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
    const reported = report(results);
    if (quick && wants("growth")) print(`act-rss-60s was measured over ${growthSeconds} s only.`);
    return reported;
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
