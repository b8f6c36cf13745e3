import { readProofArgs } from "./system/proof-args.mjs";
import { whenPassing } from "./system/registered.mjs";
import { withSystem } from "./system/system.mjs";
import { startWorkUnderLoad } from "./system/work-under-load.mjs";

export const summary =
  "Consul restarted empty under load: nothing fails, all are registered again within 15 s [--times N] [--rate N] [--quick]";

const choices = { defaults: { times: 4, settle: 15, rate: 150 }, quick: { times: 1, settle: 3 } };
const delayMs = 50;
const mostSeconds = 15;

/** @param {string[]} args */
export async function run(args) {
  const { times, settle, rate } = readProofArgs(args, choices);
  return withSystem({}, async (system) => {
    const { consul, api } = system;
    const work = await startWorkUnderLoad(system, { rate, delayMs });
    const againAfterSeconds = [];
    for (let time = 0; time < times; time++) {
      await work.runFor(3);
      await consul.restart();
      const returnedAt = performance.now();
      await Promise.all([whenPassing(api, "work", work.alive), whenPassing(api, "edge", [work.gateway])]);
      againAfterSeconds.push(Number(((performance.now() - returnedAt) / 1_000).toFixed(1)));
      console.log(`Consul was restarted empty; all four are registered again after ${againAfterSeconds.at(-1)} s`);
      await work.runFor(settle);
    }
    const { ok, answeredBy: _, ...figures } = await work.finish();
    return { ok: ok && againAfterSeconds.every((seconds) => seconds <= mostSeconds), againAfterSeconds, ...figures };
  });
}
