import { readProofArgs } from "./system/proof-args.mjs";
import { whenPassing } from "./system/registered.mjs";
import { withSystem } from "./system/system.mjs";
import { startWorkUnderLoad } from "./system/work-under-load.mjs";

export const summary =
  "Consul restarted empty under load: nothing fails, weights stay, all are registered again within 15 s [--times N] [--rate N] [--quick]";

const choices = { defaults: { times: 4, settle: 15, rate: 150 }, quick: { times: 1, settle: 3 } };
const delayMs = 50;
const mostSeconds = 15;

/** @param {string[]} args */
export async function run(args) {
  const { times, settle, rate } = readProofArgs(args, choices);
  return withSystem({}, async (system) => {
    const { consul, api } = system;
    // A newer version that nobody is to call yet; these weights are lost with Consul's state.
    await api.setKey("vastify/routes/work", { weights: { "1.0.0": 100, "2.0.0": 0 } });
    const held = await system.startService({ options: { version: "2.0.0" } });
    const work = await startWorkUnderLoad(system, { rate, delayMs });
    const againAfterSeconds = [];
    for (let time = 0; time < times; time++) {
      await work.runFor(3);
      await consul.restart();
      const returnedAt = performance.now();
      await Promise.all([whenPassing(api, "work", [held, ...work.alive]), whenPassing(api, "edge", [work.gateway])]);
      againAfterSeconds.push(Number(((performance.now() - returnedAt) / 1_000).toFixed(1)));
      console.log(`Consul was restarted empty; all five are registered again after ${againAfterSeconds.at(-1)} s`);
      await work.runFor(settle);
    }
    const { ok, answeredBy, ...figures } = await work.finish();
    const byHeldVersion = answeredBy[held.instance] ?? 0;
    console.log(`${byHeldVersion} requests went to the version whose weight is 0`);
    const isInTime = againAfterSeconds.every((seconds) => seconds <= mostSeconds);
    return { ok: ok && isInTime && byHeldVersion === 0, againAfterSeconds, byHeldVersion, ...figures };
  });
}
