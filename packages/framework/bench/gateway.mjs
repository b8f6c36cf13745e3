import { figures } from "./gateway/figures.mjs";
import { gatewaysTable, measureGateways } from "./gateway/measure.mjs";
import { createChildren } from "./support/children.mjs";
import { evaluate, figuresTable, keysOf } from "./support/figures.mjs";

export const summary =
  "a REST GET through a gateway to an action in another process, beside moleculer-web, NestJS, the stack of 2018 and bare Koa";
export const figureNames = figures.map(({ name }) => name);

/** @param {Parameters<typeof import("./calls.mjs").run>[0]} options */
export async function run({ rounds, quick, only, profiles, progress, print }) {
  const chosen = only.length > 0 ? figures.filter(({ name }) => only.includes(name)) : figures;
  const needed = new Set(chosen.flatMap(keysOf));
  const wants = (key) => only.length === 0 || needed.has(key);
  const execArgvOf = (process) =>
    profiles && process.startsWith("vastify")
      ? ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${process}.cpuprofile`]
      : [];
  const children = createChildren();
  try {
    const { results, failures } = await measureGateways({ wants, rounds, quick, children, execArgvOf, progress });
    print(`\nGET /bench/:id, 50 connections\n\n${gatewaysTable(results)}`);
    for (const [key, why] of failures) print(`\n${key} was not measured: ${why}`);
    const evaluated = chosen.map((figure) => evaluate(figure, results));
    print(`\nFigures (medians of ${rounds} rounds${quick ? ", quick" : ""})\n\n${figuresTable(evaluated)}`);
    return evaluated.map(({ name, value, must, ok }) => ({ name, value, must, ok }));
  } finally {
    await children.stopAll();
  }
}
