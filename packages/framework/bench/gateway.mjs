import { figures } from "./gateway/figures.mjs";
import { gatewaysTable, measureGateways } from "./gateway/measure.mjs";
import { createChildren } from "./support/children.mjs";
import { chooseFigures } from "./support/chosen-figures.mjs";

export const summary =
  "a REST GET through a gateway to an action in another process, beside moleculer-web, NestJS, the stack of 2018 and bare Koa";
export const figureNames = figures.map(({ name }) => name);

/** @param {Parameters<typeof import("./calls.mjs").run>[0]} options */
export async function run(options) {
  const { rounds, quick, progress, print } = options;
  const { wants, execArgvOf, report } = chooseFigures(figures, options);
  const children = createChildren();
  try {
    const { results, failures } = await measureGateways({ wants, rounds, quick, children, execArgvOf, progress });
    print(`\nGET /bench/:id, 50 connections\n\n${gatewaysTable(results)}`);
    for (const [key, why] of failures) print(`\n${key} was not measured: ${why}`);
    return report(results);
  } finally {
    await children.stopAll();
  }
}
