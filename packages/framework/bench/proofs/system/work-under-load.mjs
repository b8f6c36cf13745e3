import { createHttpRequests } from "./http-requests.mjs";
import { readJournals } from "./journal.mjs";
import { judgeWrites } from "./judge-writes.mjs";
import { killUnder, whenServed } from "./kill.mjs";
import { startLoad } from "./load.mjs";
import { countBy, lineOf, talliesByKind } from "./tally.mjs";

/**
 * Three instances of `work` behind a gateway, under a steady load of which a third are writes.
 * @param {import("./system.mjs").System} system
 * @param {{ rate: number, delayMs: number }} options requests per second, and how long an instance works at each
 */
export async function startWorkUnderLoad(system, { rate, delayMs }) {
  const gateway = await system.startGateway();
  const alive = await Promise.all([1, 2, 3].map(() => system.startService({ delayMs })));
  await whenServed(gateway, alive);
  const requests = await createHttpRequests({ url: gateway.url });
  const load = startLoad({ perSecond: rate, send: requests.send });
  const deaths = [];
  console.log(`3 instances behind a gateway; ${rate} requests/s, a third of them writes`);

  return {
    gateway,
    /** Those that live, the oldest first. */
    alive,
    runFor: load.runFor,
    async killOldest() {
      deaths.push(await killUnder(alive.shift(), [gateway]));
    },
    async startAnother() {
      const service = await system.startService({ delayMs });
      alive.push(service);
      return service;
    },
    /** Ends the load, tells what became of it, and gives it as figures; `ok` when nothing failed that may not. */
    async finish() {
      const outcomes = await load.stop();
      await requests.close();
      const { read, write } = talliesByKind(outcomes);
      console.log(lineOf("reads", read));
      console.log(lineOf("writes", write));
      const { wrong, lost } = judgeWrites({ outcomes, journal: readJournals(system.journals), deaths });
      if (deaths.length > 0) console.log(`${deaths.length} killed; writes lost with each: ${lost.join(", ")}`);
      for (const what of wrong.slice(0, 10)) console.log(`wrong: ${what}`);
      return {
        ok: read.failed === 0 && wrong.length === 0,
        reads: read,
        writes: write,
        lostInFlight: lost,
        wrong: wrong.length,
        answeredBy: countBy(outcomes, "by"),
      };
    },
  };
}
