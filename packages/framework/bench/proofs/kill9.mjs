import { readProofArgs } from "./system/proof-args.mjs";
import { withSystem } from "./system/system.mjs";
import { startWorkUnderLoad } from "./system/work-under-load.mjs";

export const summary =
  "SIGKILL of instances under load: reads never fail, writes only in flight [--seconds N] [--every N] [--rate N] [--quick]";

const choices = { defaults: { seconds: 60, every: 5, rate: 150 }, quick: { seconds: 9, every: 3 } };
/** Long enough that some writes are in flight at every kill. */
const delayMs = 100;

/** @param {string[]} args */
export async function run(args) {
  const { seconds, every, rate } = readProofArgs(args, choices);
  return withSystem({}, async (system) => {
    const work = await startWorkUnderLoad(system, { rate, delayMs });
    const kills = Math.floor(seconds / every);
    console.log(`every ${every} s one is killed and a new one started, ${kills} times`);
    for (let kill = 0; kill < kills; kill++) {
      await work.runFor(every);
      await work.killOldest();
      await work.startAnother();
    }
    await work.runFor(every);
    const { ok, answeredBy, ...figures } = await work.finish();
    const instancesUsed = Object.keys(answeredBy).length;
    console.log(`${instancesUsed} instances of ${kills + 3} answered`);
    return { ok: ok && instancesUsed === kills + 3, kills, ...figures, instancesUsed };
  });
}
