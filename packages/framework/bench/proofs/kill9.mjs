import { createHttpRequests } from "./system/http-requests.mjs";
import { readJournals } from "./system/journal.mjs";
import { judgeWrites } from "./system/judge-writes.mjs";
import { killUnder, whenServed } from "./system/kill.mjs";
import { startLoad } from "./system/load.mjs";
import { readProofArgs } from "./system/proof-args.mjs";
import { withSystem } from "./system/system.mjs";
import { countBy, lineOf, talliesByKind } from "./system/tally.mjs";

export const summary =
  "SIGKILL of instances under load through the gateway: reads never fail, writes only in flight [--seconds N] [--rate N] [--quick]";

const args = { defaults: { seconds: 60, rate: 150, every: 5 }, quick: { seconds: 9, every: 3 } };
/** Long enough that some writes are in flight at every kill. */
const delayMs = 100;

/** @param {string[]} given */
export async function run(given) {
  const { seconds, rate, every } = readProofArgs(given, args);
  return withSystem({}, async (system) => {
    const gateway = await system.startGateway();
    const alive = await Promise.all([1, 2, 3].map(() => system.startService({ delayMs })));
    await whenServed(gateway, alive);
    console.log(`3 instances and a gateway; ${rate} requests/s, a third of them writes, for ${seconds} s`);

    const requests = await createHttpRequests({ url: gateway.url });
    const load = startLoad({ perSecond: rate, send: requests.send });
    const deaths = [];
    for (let kill = 0; kill < Math.floor(seconds / every); kill++) {
      await load.runFor(every);
      deaths.push(await killUnder(alive.shift(), [gateway]));
      alive.push(await system.startService({ delayMs }));
    }
    await load.runFor(every);
    const outcomes = await load.stop();
    await requests.close();

    const tallies = talliesByKind(outcomes);
    for (const [kind, tally] of Object.entries(tallies)) console.log(lineOf(kind, tally));
    const { wrong, lost } = judgeWrites({ outcomes, journal: readJournals(system.journals), deaths });
    console.log(`${deaths.length} kills; writes lost with each: ${lost.join(", ")}`);
    for (const what of wrong.slice(0, 10)) console.log(`wrong: ${what}`);
    const answered = Object.keys(countBy(outcomes, "by")).length;
    return {
      ok: tallies.read.failed === 0 && wrong.length === 0 && answered === 3 + deaths.length,
      kills: deaths.length,
      reads: tallies.read,
      writes: tallies.write,
      lostInFlight: lost,
      wrong: wrong.length,
      instancesThatAnswered: answered,
    };
  });
}
