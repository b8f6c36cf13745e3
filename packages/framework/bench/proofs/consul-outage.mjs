import { createHttpRequests } from "./system/http-requests.mjs";
import { readJournals } from "./system/journal.mjs";
import { judgeWrites } from "./system/judge-writes.mjs";
import { killUnder, whenServed } from "./system/kill.mjs";
import { startLoad } from "./system/load.mjs";
import { readProofArgs } from "./system/proof-args.mjs";
import { whenPassing } from "./system/registered.mjs";
import { withSystem } from "./system/system.mjs";
import { countBy, lineOf, talliesByKind } from "./system/tally.mjs";

export const summary =
  "Consul stopped under load, an instance killed meanwhile, Consul back with what it knew [--seconds N] [--rate N] [--quick]";

const args = { defaults: { seconds: 60, rate: 150 }, quick: { seconds: 12 } };
const delayMs = 50;
const calmSeconds = 3;
/** Consul asks every 10 s whether an instance lives; what it shows after its return has settled by then. */
const settledSeconds = 15;

/** @param {string[]} given */
export async function run(given) {
  const { seconds, rate, isQuick } = readProofArgs(given, args);
  return withSystem({ keepsState: true }, async (system) => {
    const { consul, api } = system;
    const gateway = await system.startGateway();
    const alive = await Promise.all([1, 2, 3].map(() => system.startService({ delayMs })));
    await whenServed(gateway, alive);
    const requests = await createHttpRequests({ url: gateway.url });
    const load = startLoad({ perSecond: rate, send: requests.send });
    await load.runFor(calmSeconds);

    console.log(`Consul is stopped for ${seconds} s under ${rate} requests/s, a third of them writes`);
    await consul.stop();
    await load.runFor(seconds / 2);
    const death = await killUnder(alive.shift(), [gateway]);
    console.log("one of three instances is killed");
    await load.runFor(seconds / 2);
    const servedThrough = load.outcomes.length;

    console.log("Consul is started again");
    await consul.restart();
    const returnedAt = performance.now();
    const replacement = await system.startService({ delayMs });
    alive.push(replacement);
    await load.runFor(isQuick ? calmSeconds : settledSeconds);
    await whenPassing(api, "work", alive);
    const passingAfterSeconds = Number(((performance.now() - returnedAt) / 1_000).toFixed(1));
    const outcomes = await load.stop();
    await requests.close();

    const tallies = talliesByKind(outcomes);
    for (const [kind, tally] of Object.entries(tallies)) console.log(lineOf(kind, tally));
    const { wrong, lost } = judgeWrites({ outcomes, journal: readJournals(system.journals), deaths: [death] });
    console.log(`writes lost with the killed instance: ${lost[0]}`);
    for (const what of wrong.slice(0, 10)) console.log(`wrong: ${what}`);
    const usesReplacement = (countBy(outcomes, "by")[replacement.instance] ?? 0) > 0;
    console.log(
      usesReplacement ? "an instance started after the outage is used" : "wrong: the new instance is not used",
    );
    return {
      ok: tallies.read.failed === 0 && wrong.length === 0 && usesReplacement,
      outageSeconds: seconds,
      reads: tallies.read,
      writes: tallies.write,
      lostInFlight: lost[0],
      wrong: wrong.length,
      servedBeforeReturn: servedThrough,
      passingAfterSeconds,
    };
  });
}
